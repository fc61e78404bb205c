package dev.tempost.channels.email.login;

/** A user name and a password. */
public record PasswordLogin(String username, Secret password) implements Login {

    @Override
    public String proof() throws LoginRefused {
        return password.read();
    }

    @Override
    public boolean refused(String proof) {
        return false;
    }

    @Override
    public String toString() {
        return "PasswordLogin[username=" + username + "]";
    }
}
