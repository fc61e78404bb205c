package dev.tempost.app.engine;

import com.zaxxer.hikari.SQLExceptionOverride;
import java.sql.SQLException;

/**
 * Has the pool give up a connection whose server refuses a write as read-only. Such a server was the primary once: the
 * connection is as good as ever, and would be kept and fail for as long as it lives.
 */
public final class EvictReadOnly implements SQLExceptionOverride {

    private static final String READ_ONLY_SQL_TRANSACTION = "25006";

    @java.lang.Override
    public Override adjudicate(SQLException refusal) {
        return READ_ONLY_SQL_TRANSACTION.equals(refusal.getSQLState()) ? Override.MUST_EVICT : Override.CONTINUE_EVICT;
    }
}
