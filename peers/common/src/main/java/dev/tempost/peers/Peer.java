package dev.tempost.peers;

import java.util.List;

/** A library that is measured: what is committed with it is delivered by this same process, as an application embeds it. */
public interface Peer {

    /** Enqueues these mails in one transaction, as the library's documentation says; returns after its commit. */
    void commit(List<Mail> mails) throws Exception;

    interface Starter {
        /** Returns once rows are delivered. */
        Peer start(Settings settings) throws Exception;
    }
}
