package dev.tempost.workflows;

import java.util.Map;

/**
 * How far a batch has come; its result once it has ended. Each row is in its status in PostgreSQL, whatever became of the batch.
 *
 * @param rows how many it was started with
 * @param outcomes how many rows came to which status; those that are {@code pending} went back to the claim: to be tried again, each
 *     in a workflow of its own, or because the batch did not come to them
 * @param unrecorded acceptances that could not be written yet, by the row's id
 */
public record BatchProgress(int rows, Map<String, Integer> outcomes, Map<Long, Receipt> unrecorded) {}
