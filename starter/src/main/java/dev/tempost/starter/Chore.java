package dev.tempost.starter;

/** Work that comes up now and then. */
interface Chore {

    /** Does some of the work there is; returns whether there may be more. */
    boolean some() throws InterruptedException;
}
