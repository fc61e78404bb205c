package dev.tempost.reconciliation;

import java.util.List;

/**
 * What one page of a comparison came to.
 *
 * @param found the rows that do not say what their workflows say
 * @param upTo the id of the last row that was compared
 * @param last whether there are no rows behind it
 */
public record ComparedPage(List<Disagreement> found, long upTo, boolean last) {}
