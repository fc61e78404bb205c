package dev.tempost.app.chaos.check;

import java.util.List;
import java.util.Map;

/**
 * All that was found after a run.
 *
 * @param produced what the producers know of each token they wrote
 * @param mails in the order in which the mail server took them
 */
public record Evidence(
        Map<String, Fate> produced,
        List<Row> rows,
        List<Attempt> attempts,
        List<Mail> mails,
        List<Workflow> workflows) {}
