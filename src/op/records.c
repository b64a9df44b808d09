// SPDX-License-Identifier: Apache-2.0
// Rows of the records in records.h: tables only.
#include "op/records.h"

static const sl_choice severities[] = {{"info", "worth knowing"},
                                       {"warning", "explains errors or hides them"},
                                       {"error", "something is broken"},
                                       {0}};
static const sl_choice outcomes[] = {{"unknown", "no label or no prediction"},
                                     {"right", "the prediction equals the label"},
                                     {"wrong", "the prediction differs from the label"},
                                     {"broken", "the file could not be decoded"},
                                     {0}};
static const sl_choice facet_kinds[] = {
    {"number", "a histogram"}, {"category", "one bar per value"}, {"flag", "true or false"}, {0}};
static const sl_choice calibrations[] = {{"ok", "confidence matches precision within noise"},
                                         {"over", "more confident than right"},
                                         {"under", "less confident than right"},
                                         {0}};
static const sl_choice stage_kinds[] = {
    {"image", "8 or 16 bit pixels"}, {"tensor", "numbers as the model gets them"}, {0}};

#define S sl_rec_fact
const sl_row sl_rows_fact[] = {
    SL_R_TEXT(S, group, "Heading the fact belongs under."),
    SL_R_TEXT(S, name, "What the fact is about."), SL_R_TEXT(S, value, "The fact, ready to read."),
    SL_R_ID(S, journal, "journal", "Call that established it."), SL_ROW_END};
#undef S

#define S sl_rec_metric
const sl_row sl_rows_metric[] = {
    SL_R_TEXT(S, name, "Stable name."),
    SL_R_TEXT(S, title, "Name to read."),
    SL_R_TEXT(S, help, "Definition, range and source."),
    SL_R_TEXT(S, group, "accuracy, average, calibration, ranking or agreement."),
    SL_R_REAL(S, value, NULL, "The number; null when it is not defined."),
    SL_R_REAL(S, low, NULL, "Lower end of the 95 % interval."),
    SL_R_REAL(S, high, NULL, "Upper end of the 95 % interval."),
    SL_R_INT(S, n, "samples", "Samples it was computed from."),
    SL_R_BOOL(S, higher_is_better, "Whether more is better."),
    SL_R_TEXTS(S, where, "Clauses of the view that holds the samples behind it."),
    SL_R_TEXT(S, sort, "Order of that view."),
    SL_ROW_END};
#undef S

#define S sl_rec_class
const sl_row sl_rows_class[] = {
    SL_R_INT(S, index, NULL, "Index in the model's output."),
    SL_R_TEXT(S, name, "Class name."),
    SL_R_INT(S, support, "samples", "Samples with this label."),
    SL_R_INT(S, predicted, "samples", "Samples predicted as this class."),
    SL_R_INT(S, correct, "samples", "Samples where both agree."),
    SL_R_REAL(S, precision, NULL, "correct / predicted; null without predictions."),
    SL_R_REAL(S, precision_low, NULL, "Lower end of its 95 % interval."),
    SL_R_REAL(S, precision_high, NULL, "Upper end."),
    SL_R_REAL(S, recall, NULL, "correct / support; null without samples."),
    SL_R_REAL(S, recall_low, NULL, "Lower end of its 95 % interval."),
    SL_R_REAL(S, recall_high, NULL, "Upper end."),
    SL_R_REAL(S, f1, NULL, "Harmonic mean of precision and recall."),
    SL_R_REAL(S, f1_low, NULL, "Lower end of its 95 % interval."),
    SL_R_REAL(S, f1_high, NULL, "Upper end."),
    SL_R_REAL(S, average_precision, NULL, "Area under precision-recall, one against the rest."),
    SL_R_REAL(S, auroc, NULL, "Area under ROC, one against the rest."),
    SL_R_REAL(S, confidence, NULL, "Mean confidence of predictions of this class."),
    SL_R_REAL(S, gap, NULL, "Mean confidence minus precision."),
    SL_R_ENUM(S, calibration, calibrations, "Whether the gap is beyond noise."),
    SL_ROW_END};
#undef S

#define S sl_rec_cell
const sl_row sl_rows_cell[] = {SL_R_INT(S, label, NULL, "Class index of the label."),
                               SL_R_INT(S, pred, NULL, "Class index of the prediction."),
                               SL_R_INT(S, count, "samples", "Samples in the cell."), SL_ROW_END};
#undef S

#define S sl_rec_bin
const sl_row sl_rows_bin[] = {
    SL_R_REAL(S, low, NULL, "Lower edge of confidence."),
    SL_R_REAL(S, high, NULL, "Upper edge of confidence."),
    SL_R_INT(S, count, "samples", "Samples in the bin."),
    SL_R_REAL(S, confidence, NULL, "Mean confidence."),
    SL_R_REAL(S, accuracy, NULL, "Share that is right."),
    SL_R_REAL(S, accuracy_low, NULL, "Lower end of its 95 % Wilson interval."),
    SL_R_REAL(S, accuracy_high, NULL, "Upper end."),
    SL_ROW_END};
#undef S

#define S sl_rec_curve
const sl_row sl_rows_curve[] = {
    SL_R_TEXT(S, kind,
              "roc (x false positive rate, y true positive rate) or pr (x recall, y precision)."),
    SL_R_TEXT(S, title, "Class, or micro average."),
    SL_R_REAL(S, area, NULL, "AUROC, or average precision."),
    SL_R_REALS(S, x, "Abscissae."),
    SL_R_REALS(S, y, "Ordinates."),
    SL_R_REALS(S, threshold, "Score threshold of each point."),
    SL_ROW_END};
#undef S

#define S sl_rec_calibration
const sl_row sl_rows_calibration[] = {
    SL_R_REAL(S, ece_width, NULL, "Expected calibration error, 15 bins of equal width."),
    SL_R_REAL(S, ece_mass, NULL, "Expected calibration error, 15 bins of equal mass."),
    SL_R_REAL(S, mce, NULL, "Largest gap of an equal-width bin."),
    SL_R_REAL(S, brier, NULL, "Brier score, summed over classes, 0 to 2."),
    SL_R_REAL(S, log_loss, "nats", "Mean negative log-likelihood of the label."),
    SL_R_REAL(S, confidence_auroc, NULL, "How well confidence ranks right above wrong, 0.5 to 1."),
    SL_R_REAL(S, temperature, NULL, "Divisor of the logits that minimises log loss."),
    SL_R_REAL(S, ece_width_after, NULL, "ece_width after that temperature."),
    SL_R_REAL(S, log_loss_after, "nats", "log_loss after that temperature."),
    SL_R_RECORDS(S, equal_width, sl_rec_bin, sl_rows_bin, "Reliability diagram, equal width."),
    SL_R_RECORDS(S, equal_mass, sl_rec_bin, sl_rows_bin, "Reliability diagram, equal mass."),
    SL_R_TEXTS(S, over_confident, "Classes more confident than right, beyond noise."),
    SL_R_TEXTS(S, under_confident, "Classes less confident than right, beyond noise."),
    SL_ROW_END};
#undef S

#define S sl_rec_finding
const sl_row sl_rows_finding[] = {
    SL_R_TEXT(S, id, "Stable name inside the run."),
    SL_R_TEXT(S, kind,
              "confident, confused, weak_class, calibration, broken, class_map, pipeline, "
              "duplicate_labels, duplicate_splits, nan or none."),
    SL_R_ENUM(S, severity, severities, "How much it matters."),
    SL_R_TEXT(S, title, "The finding in one line."),
    SL_R_TEXT(S, text, "What was measured."),
    SL_R_TEXT(S, advice, "What to do next."),
    SL_R_INT(S, errors, "samples", "Errors it explains."),
    SL_R_INT(S, samples, "samples", "Samples of the view that shows it."),
    SL_R_REAL(S, share, NULL, "Share of all errors it explains."),
    SL_R_TEXTS(S, where, "Clauses of the view that shows its samples."),
    SL_R_TEXT(S, sort, "Order of that view."),
    SL_R_RECORDS(S, evidence, sl_rec_fact, sl_rows_fact, "The facts it was made from."),
    SL_ROW_END};
#undef S

#define S sl_rec_run
const sl_row sl_rows_run[] = {
    SL_R_ID(S, id, "run", "The run."),
    SL_R_TEXT(S, name, "Name of the run."),
    SL_R_ID(S, model, "model", "Model that made it; null for predictions made elsewhere."),
    SL_R_TEXT(S, model_name, "Name of the model or of the predictions file."),
    SL_R_ID(S, version, "version", "Dataset version it ran on."),
    SL_R_ID(S, dataset, "dataset", "Dataset."),
    SL_R_TEXT(S, dataset_name, "Name of the dataset."),
    SL_R_TEXT(S, state, "running, done, failed or interrupted."),
    SL_R_TEXT(S, created, "UTC time of the start."),
    SL_R_INT(S, samples, "samples", "Samples of the dataset version."),
    SL_R_INT(S, scored, "samples", "Samples with a prediction."),
    SL_R_INT(S, broken, "samples", "Samples that could not be decoded."),
    SL_R_INT(S, unlabelled, "samples", "Samples without a label."),
    SL_R_REAL(S, accuracy, NULL, "Share of labelled samples that are right."),
    SL_R_REAL(S, accuracy_low, NULL, "Lower end of its 95 % interval."),
    SL_R_REAL(S, accuracy_high, NULL, "Upper end."),
    SL_R_REAL(S, seconds, "s", "Time it took."),
    SL_R_REAL(S, samples_per_s, "samples/s", "Speed."),
    SL_R_INT(S, batch, "samples", "Batch size used."),
    SL_R_INT(S, threads, NULL, "Worker threads used."),
    SL_R_TEXT(S, provider, "Execution provider."),
    SL_R_TEXT(S, scores, "logits, probabilities, sigmoid or multilabel, and how that was known."),
    SL_R_TEXTS(S, pipeline, "The preprocessing steps, one line each."),
    SL_R_TEXT(S, pipeline_source, "Where the pipeline came from."),
    SL_R_BOOL(S, guessed, "Whether the pipeline was guessed."),
    SL_R_TEXTS(S, evidence, "What the guess rests on."),
    SL_R_ID(S, journal, "journal", "Call that made the run."),
    SL_ROW_END};
#undef S

#define S sl_rec_dataset
const sl_row sl_rows_dataset[] = {
    SL_R_ID(S, id, "dataset", "The dataset."),
    SL_R_TEXT(S, name, "Name."),
    SL_R_ID(S, version, "version", "Newest version, or the one asked for."),
    SL_R_TEXT(S, format, "Format it was read with."),
    SL_R_TEXT(S, source, "Where it was read from."),
    SL_R_TEXT(S, created, "UTC time of the import."),
    SL_R_ID(S, journal, "journal", "Call that imported it."),
    SL_R_INT(S, versions, NULL, "Number of versions."),
    SL_R_INT(S, samples, "samples", "Samples of the version."),
    SL_R_INT(S, labelled, "samples", "With a label."),
    SL_R_INT(S, broken, "samples", "That do not decode."),
    SL_R_INT(S, duplicates, "samples", "Whose bytes equal those of an earlier sample."),
    SL_R_INT(S, added, "samples", "New since the version before."),
    SL_R_INT(S, removed, "samples", "Gone since the version before."),
    SL_R_INT(S, relabelled, "samples", "Whose label changed."),
    SL_R_INT(S, moved, "samples", "Whose bytes stand under another name."),
    SL_R_TEXTS(S, classes, "Label names."),
    SL_ROW_END};
#undef S

#define S sl_rec_port
const sl_row sl_rows_port[] = {SL_R_TEXT(S, name, "Name."), SL_R_TEXT(S, dtype, "Element type."),
                               SL_R_TEXT(S, shape, "Shape; free dimensions by name."), SL_ROW_END};
#undef S

#define S sl_rec_count
const sl_row sl_rows_count_of[] = {SL_R_TEXT(S, name, "What is counted."),
                                   SL_R_INT(S, count, NULL, "How many."), SL_ROW_END};
#undef S

#define S sl_rec_pair
const sl_row sl_rows_pair[] = {SL_R_TEXT(S, name, "Name."), SL_R_TEXT(S, value, "Value."),
                               SL_ROW_END};
#undef S

#define S sl_rec_model
const sl_row sl_rows_model[] = {
    SL_R_ID(S, id, "model", "The model."),
    SL_R_TEXT(S, name, "File name."),
    SL_R_PATH(S, path, "Where the file was."),
    SL_R_TEXT(S, key, "SHA-256 of the file."),
    SL_R_TEXT(S, created, "UTC time it was first seen."),
    SL_R_ID(S, journal, "journal", "Call that brought it."),
    SL_R_INT(S, size_bytes, "bytes", "Size of the file."),
    SL_R_TEXT(S, version, "Version the model states."),
    SL_R_TEXT(S, epoch, "Training epoch the model states."),
    SL_R_TEXT(S, producer, "Tool that wrote it."),
    SL_R_TEXT(S, opset, "Operator sets."),
    SL_R_INT(S, ir_version, NULL, "ONNX IR version."),
    SL_R_INT(S, parameters, NULL, "Numbers in its weights."),
    SL_R_INT(S, nodes, NULL, "Nodes of its graph."),
    SL_R_RECORDS(S, hyperparameters, sl_rec_pair, sl_rows_pair, "As the model states them."),
    SL_R_RECORDS(S, metadata, sl_rec_pair, sl_rows_pair, "All metadata properties."),
    SL_R_RECORDS(S, operators, sl_rec_count, sl_rows_count_of, "Operators, most frequent first."),
    SL_R_RECORDS(S, inputs, sl_rec_port, sl_rows_port, "Inputs."),
    SL_R_RECORDS(S, outputs, sl_rec_port, sl_rows_port, "Outputs."),
    SL_R_TEXTS(S, classes, "Class names in output order."),
    SL_R_TEXTS(S, pipeline, "Preprocessing steps, one line each."),
    SL_R_TEXT(S, pipeline_source, "Where the pipeline came from."),
    SL_R_TEXT(S, scores, "How its outputs are read."),
    SL_ROW_END};
#undef S

#define S sl_rec_journal
const sl_row sl_rows_journal[] = {SL_R_ID(S, id, "journal", "The call."),
                                  SL_R_TEXT(S, op, "Operation."),
                                  SL_R_TEXT(S, status, "ok, running, or the name of the failure."),
                                  SL_R_TEXT(S, started, "UTC time."),
                                  SL_R_TEXT(S, params, "Parameters as JSON."),
                                  SL_R_TEXT(S, error, "Message of the failure."),
                                  SL_R_ID(S, parent, "journal", "Call it was part of."),
                                  SL_R_TEXT(S, version, "Version of Slitlamp."),
                                  SL_R_REAL(S, seconds, "s", "Time it took."),
                                  SL_R_TEXTS(S, reads, "Ids and keys it read."),
                                  SL_R_TEXTS(S, writes, "Ids and keys it wrote."),
                                  SL_ROW_END};
#undef S

#define S sl_rec_job
const sl_row sl_rows_job[] = {
    SL_R_ID(S, id, "job", "The job."),
    SL_R_TEXT(S, op, "Operation."),
    SL_R_TEXT(S, state, "queued, running, done, failed, cancelled or interrupted."),
    SL_R_TEXT(S, message, "What it is doing."),
    SL_R_TEXT(S, created, "UTC time."),
    SL_R_TEXT(S, finished, "UTC time."),
    SL_R_TEXT(S, error, "Message of the failure."),
    SL_R_TEXT(S, params, "Parameters as JSON."),
    SL_R_INT(S, done, NULL, "Items done."),
    SL_R_INT(S, total, NULL, "Items in all; 0 while unknown."),
    SL_ROW_END};
#undef S

#define S sl_rec_sample
const sl_row sl_rows_sample[] = {
    SL_R_INT(S, row, NULL, "Row in the dataset version."),
    SL_R_ID(S, sample, "sample", "The sample."),
    SL_R_TEXT(S, name, "Name; control characters escaped."),
    SL_R_TEXT(S, label, "Label; null without one."),
    SL_R_TEXT(S, pred, "Predicted class; null without a run."),
    SL_R_TEXT(S, image, "SHA-256 of the image: thumb-<image>-<px> and image-<image> are blobs."),
    SL_R_TEXT(S, split, "Split."),
    SL_R_TEXT(S, error, "Why it does not decode."),
    SL_R_TEXT(S, other_pred, "Prediction of the other run."),
    SL_R_ENUM(S, outcome, outcomes, "Right or wrong."),
    SL_R_ENUM(S, other_outcome, outcomes, "Right or wrong in the other run."),
    SL_R_INT_OR_NULL(S, width, "px", "Width as stored."),
    SL_R_INT_OR_NULL(S, height, "px", "Height as stored."),
    SL_R_REAL(S, confidence, NULL, "Probability of the predicted class."),
    SL_R_REAL(S, entropy, "nats", "Entropy of the scores."),
    SL_R_REAL(S, margin, NULL, "Gap between the two best scores."),
    SL_R_REAL(S, loss, "nats", "Negative log-likelihood of the label."),
    SL_R_REAL(S, other_confidence, NULL, "Confidence of the other run."),
    SL_ROW_END};
#undef S

#define S sl_rec_facet
const sl_row sl_rows_facet[] = {
    SL_R_TEXT(S, field, "Field."),
    SL_R_TEXT(S, title, "Name to read."),
    SL_R_TEXT(S, unit, "Unit."),
    SL_R_ENUM(S, kind, facet_kinds, "How to draw it."),
    SL_R_REAL(S, min, NULL, "Smallest value."),
    SL_R_REAL(S, max, NULL, "Largest value."),
    SL_R_REALS(S, edges, "Bin edges of a number, one more than bins."),
    SL_R_TEXTS(S, values, "Values of a category or flag."),
    SL_R_INTS(S, total, "Samples per bin or value, no filter."),
    SL_R_INTS(S, matched, "Samples per bin or value under every clause but this field's."),
    SL_R_INTS(S, wrong, "Of those matched, the wrong ones; zero without a run."),
    SL_R_INT(S, missing, "samples", "Samples without a value."),
    SL_R_INT(S, missing_matched, "samples", "Of those, matched."),
    SL_R_INT(S, missing_wrong, "samples", "Of those matched, wrong."),
    SL_R_INT(S, distinct, NULL, "Distinct values; more than are listed when many."),
    SL_ROW_END};
#undef S

#define S sl_rec_score
const sl_row sl_rows_score[] = {SL_R_INT(S, index, NULL, "Class index."),
                                SL_R_TEXT(S, name, "Class name."),
                                SL_R_REAL(S, score, NULL, "Probability."), SL_ROW_END};
#undef S

#define S sl_rec_link
const sl_row sl_rows_link[] = {SL_R_TEXT(S, title, "Step of the chain."),
                               SL_R_TEXT(S, text, "What happened there."),
                               SL_R_ID(S, journal, "journal", "Call that did it."),
                               SL_R_TEXT(S, id, "Thing it made."), SL_ROW_END};
#undef S

#define S sl_rec_stage
const sl_row sl_rows_stage[] = {SL_R_TEXT(S, name, "Step."),
                                SL_R_TEXT(S, title, "Step in words."),
                                SL_R_TEXT(S, params, "Its parameters as JSON."),
                                SL_R_ENUM(S, kind, stage_kinds, "Pixels or numbers."),
                                SL_R_INT(S, width, "px", "Width."),
                                SL_R_INT(S, height, "px", "Height."),
                                SL_R_INT(S, channels, NULL, "Channels."),
                                SL_R_TEXT(S, dtype, "Element type."),
                                SL_R_TEXT(S, shape, "Shape."),
                                SL_R_KEY(S, image, "Picture of the stage."),
                                SL_R_REAL(S, min, NULL, "Smallest element."),
                                SL_R_REAL(S, max, NULL, "Largest element."),
                                SL_R_REAL(S, mean, NULL, "Mean."),
                                SL_R_REAL(S, std, NULL, "Standard deviation."),
                                SL_R_INT(S, nan_count, NULL, "Elements that are not a number."),
                                SL_R_INT(S, inf_count, NULL, "Infinite elements."),
                                SL_ROW_END};
#undef S

#define S sl_rec_class_change
const sl_row sl_rows_class_change[] = {
    SL_R_TEXT(S, name, "Class."),
    SL_R_INT(S, support, "samples", "Samples with this label in both runs."),
    SL_R_REAL(S, accuracy_a, NULL, "Recall in the first run."),
    SL_R_REAL(S, accuracy_b, NULL, "Recall in the second run."),
    SL_R_REAL(S, difference, NULL, "Second minus first."),
    SL_R_INT(S, fixed, "samples", "Wrong before, right now."),
    SL_R_INT(S, broken, "samples", "Right before, wrong now."),
    SL_ROW_END};
#undef S

#define S sl_rec_alternative
const sl_row sl_rows_alternative[] = {
    SL_R_TEXT(S, title, "The alternative in words."),
    SL_R_TEXTS(S, pipeline, "Its steps, one line each."),
    SL_R_REAL(S, accuracy, NULL, "Accuracy on the labelled subset."),
    SL_R_REAL(S, p_value, NULL, "McNemar p-value against the pipeline in use, corrected."),
    SL_R_INT(S, samples, "samples", "Samples tried."),
    SL_R_BOOL(S, significant, "Clearly better than the pipeline the search started from."),
    SL_R_BOOL(S, used, "Whether the run used it."),
    SL_ROW_END};
#undef S

#define S sl_rec_report
const sl_row sl_rows_report[] = {
    SL_R_REAL(S, accuracy, NULL, "Share of labelled samples that are right."),
    SL_R_REALS(S, accuracy_interval, "Its 95 % interval: low, high."),
    SL_R_RECORD(S, run, sl_rec_run, sl_rows_run, "The run."),
    SL_R_RECORD(S, dataset, sl_rec_dataset, sl_rows_dataset, "What it ran on."),
    SL_R_RECORD(S, model, sl_rec_model, sl_rows_model, "What ran."),
    SL_R_INT(S, classes_count, NULL, "Classes of the model."),
    SL_R_INT(S, errors, "samples", "Labelled samples that are wrong."),
    SL_R_TEXTS(S, class_names, "Class names in output order."),
    SL_R_RECORDS(S, metrics, sl_rec_metric, sl_rows_metric, "Numbers with intervals."),
    SL_R_RECORDS(S, classes, sl_rec_class, sl_rows_class, "Numbers per class."),
    SL_R_RECORDS(S, confusion, sl_rec_cell, sl_rows_cell, "Non-empty cells, largest errors first."),
    SL_R_RECORD(S, calibration, sl_rec_calibration, sl_rows_calibration,
                "Does confidence mean anything?"),
    SL_R_RECORDS(S, curves, sl_rec_curve, sl_rows_curve,
                 "Micro-averaged ROC and precision-recall."),
    SL_R_RECORDS(S, findings, sl_rec_finding, sl_rows_finding,
                 "What stands out, most errors explained first."),
    SL_R_RECORDS(S, alternatives, sl_rec_alternative, sl_rows_alternative,
                 "Pipelines that were tried."),
    SL_R_TEXTS(S, notes, "Things to know about these numbers."),
    SL_R_PATH(S, html, "HTML report that was written."),
    SL_ROW_END};
#undef S
