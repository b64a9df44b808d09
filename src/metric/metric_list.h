// SPDX-License-Identifier: Apache-2.0
// Every number of a report, in the order of a report. Include with SL_METRIC defined:
// SL_METRIC(name, title, unit, group, better, needs, help): the function is sl_metric_of_<name>().
// The file of a group: agreement.c, probability.c, calibration.c, multi_label.c.
SL_METRIC(accuracy, "Accuracy", NULL, "agreement", 1, SL_NEEDS_SINGLE,
          "Share of samples whose prediction is their label; 0 to 1 (scikit-learn accuracy_score).")
SL_METRIC(top5, "Top-5 accuracy", NULL, "agreement", 1, SL_NEEDS_SINGLE | SL_NEEDS_TOP,
          "Share of samples whose label is among the five best scores, ties going to the lower class index as in the prediction itself; 0 to 1 (Russakovsky et al. 2015, section 4.1).")
SL_METRIC(balanced_accuracy, "Balanced accuracy", NULL, "agreement", 1, SL_NEEDS_SINGLE,
          "Mean recall of the classes that have samples; 0 to 1 (Brodersen et al. 2010).")
SL_METRIC(precision_macro, "Precision, macro", NULL, "agreement", 1, 0,
          "Unweighted mean over classes of the share of predictions that are right, 0 for a class never predicted; 0 to 1 (scikit-learn precision_recall_fscore_support).")
SL_METRIC(recall_macro, "Recall, macro", NULL, "agreement", 1, 0,
          "Unweighted mean over the classes that occur as label or prediction of the share of samples that are found; 0 to 1 (scikit-learn precision_recall_fscore_support).")
SL_METRIC(f1_macro, "F1, macro", NULL, "agreement", 1, 0,
          "Unweighted mean over classes of the harmonic mean of precision and recall; 0 to 1 (Opitz & Burst 2019, averaged F1).")
SL_METRIC(precision_weighted, "Precision, weighted", NULL, "agreement", 1, 0,
          "Precision of each class weighted by its number of samples; 0 to 1 (scikit-learn precision_recall_fscore_support).")
SL_METRIC(recall_weighted, "Recall, weighted", NULL, "agreement", 1, 0,
          "Recall of each class weighted by its number of samples, which for one label a sample is accuracy; 0 to 1 (scikit-learn precision_recall_fscore_support).")
SL_METRIC(f1_weighted, "F1, weighted", NULL, "agreement", 1, 0,
          "F1 of each class weighted by its number of samples; 0 to 1 (scikit-learn precision_recall_fscore_support).")
SL_METRIC(f1_micro, "F1, micro", NULL, "agreement", 1, 0,
          "F1 of all decisions pooled, which for one label a sample is accuracy; 0 to 1 (scikit-learn f1_score).")
SL_METRIC(kappa, "Cohen's kappa", NULL, "agreement", 1, SL_NEEDS_SINGLE,
          "Agreement beyond what the frequencies of labels and predictions give by chance; -1 to 1, 0 is chance (Cohen 1960).")
SL_METRIC(mcc, "Matthews correlation", NULL, "agreement", 1, SL_NEEDS_SINGLE,
          "Correlation of labels and predictions over all classes; -1 to 1, 0 is chance or one class only (Gorodkin 2004).")
SL_METRIC(subset_accuracy, "Subset accuracy", NULL, "multi_label", 1, SL_NEEDS_MULTI,
          "Share of samples whose set of classes is predicted exactly; 0 to 1 (scikit-learn accuracy_score).")
SL_METRIC(f1_samples, "F1, by sample", NULL, "multi_label", 1, SL_NEEDS_MULTI,
          "Mean over samples of the F1 of predicted and true set, 0 when both are empty; 0 to 1 (scikit-learn f1_score).")
SL_METRIC(hamming_loss, "Hamming loss", NULL, "multi_label", -1, SL_NEEDS_MULTI,
          "Share of all (sample, class) decisions that are wrong; 0 to 1 (scikit-learn hamming_loss).")
SL_METRIC(ranking_ap, "Label ranking average precision", NULL, "multi_label", 1,
          SL_NEEDS_MULTI | SL_NEEDS_SCORES,
          "Mean over samples and their classes of the share of true classes among those ranked as high; 0 to 1 (Schapire & Singer 2000).")
SL_METRIC(log_loss, "Log loss", "nat", "probability", -1, SL_NEEDS_SCORES,
          "Mean negative log of the probability given to the label (multi-label: of each decision), clipped by the machine epsilon of the scores' type; 0 upwards (scikit-learn log_loss).")
SL_METRIC(brier, "Brier score", NULL, "probability", -1, SL_NEEDS_SCORES,
          "Squared distance of probabilities and label summed over the classes, 0 to 2; halved for two classes and averaged over decisions for multi-label, 0 to 1 (Brier 1950).")
SL_METRIC(auroc, "AUROC, one against rest", NULL, "ranking", 1, SL_NEEDS_SCORES,
          "Chance that a sample of a class gets a higher score for it than a sample of another class, mean over classes; 0 to 1, 0.5 is chance (Fawcett 2006; scikit-learn roc_auc_score ovr).")
SL_METRIC(auroc_ovo, "AUROC, one against one", NULL, "ranking", 1,
          SL_NEEDS_SINGLE | SL_NEEDS_SCORES,
          "Mean over ordered pairs of classes of the chance that a sample of the first gets a higher score for it than one of the second, so that rare classes weigh the same; 0 to 1 (Hand & Till 2001).")
SL_METRIC(auroc_micro, "AUROC, micro", NULL, "ranking", 1, SL_NEEDS_SCORES,
          "AUROC of all (sample, class) pairs pooled; 0 to 1, 0.5 is chance (scikit-learn roc_auc_score micro).")
SL_METRIC(average_precision, "Average precision", NULL, "ranking", 1, SL_NEEDS_SCORES,
          "Mean over classes of precision averaged over the steps of recall; 0 to 1 (scikit-learn average_precision_score). Where a class has fewer than five samples, its interval and those of the AUROCs come from each sample's influence, because resamples would lose classes.")
SL_METRIC(average_precision_micro, "Average precision, micro", NULL, "ranking", 1,
          SL_NEEDS_SCORES,
          "Average precision of all (sample, class) pairs pooled; 0 to 1 (scikit-learn average_precision_score micro).")
SL_METRIC(ece, "ECE, equal width", NULL, "calibration", -1, SL_NEEDS_SINGLE | SL_NEEDS_CONFIDENCE,
          "Expected calibration error: mean over bins of equal width of |accuracy - confidence|, weighted by samples; 0 to 1 (Naeini et al. 2015; Guo et al. 2017, section 2).")
SL_METRIC(ece_mass, "ECE, equal mass", NULL, "calibration", -1,
          SL_NEEDS_SINGLE | SL_NEEDS_CONFIDENCE,
          "The same over bins that split the samples by quantiles of confidence; 0 to 1 (Nguyen & O'Connor 2015; netcal ECE with equal_intervals=False).")
SL_METRIC(mce, "MCE", NULL, "calibration", -1, SL_NEEDS_SINGLE | SL_NEEDS_CONFIDENCE,
          "Largest |accuracy - confidence| of the bins of equal width, however few samples a bin has; 0 to 1 (Naeini et al. 2015).")
SL_METRIC(mean_confidence, "Mean confidence", NULL, "calibration", 0,
          SL_NEEDS_SINGLE | SL_NEEDS_CONFIDENCE,
          "Mean confidence of the predictions; 0 to 1.")
SL_METRIC(overconfidence, "Over-confidence", NULL, "calibration", 0,
          SL_NEEDS_SINGLE | SL_NEEDS_CONFIDENCE,
          "Mean confidence minus accuracy; -1 to 1, 0 is calibrated on average, above 0 promises too much.")
SL_METRIC(confidence_auroc, "AUROC of confidence", NULL, "calibration", 1,
          SL_NEEDS_SINGLE | SL_NEEDS_CONFIDENCE,
          "Chance that a right prediction is more confident than a wrong one; 0 to 1, 0.5 is chance (Hendrycks & Gimpel 2017, section 2).")
SL_METRIC(temperature, "Temperature", NULL, "calibration", 0,
          SL_NEEDS_SINGLE | SL_NEEDS_SCORES | SL_NEEDS_TEMPERATURE,
          "What logits must be divided by to minimise log loss; 0.05 to 20, above 1 the model is over-confident (Guo et al. 2017, section 4.2).")
SL_METRIC(log_loss_after, "Log loss after temperature", "nat", "calibration", -1,
          SL_NEEDS_SINGLE | SL_NEEDS_SCORES | SL_NEEDS_TEMPERATURE,
          "Log loss when logits are divided by that temperature, which is held fixed in the interval; 0 upwards.")
SL_METRIC(brier_after, "Brier score after temperature", NULL, "calibration", -1,
          SL_NEEDS_SINGLE | SL_NEEDS_SCORES | SL_NEEDS_TEMPERATURE,
          "Brier score when logits are divided by that temperature, which is held fixed in the interval; 0 to 2, two classes 0 to 1.")
SL_METRIC(ece_after, "ECE after temperature", NULL, "calibration", -1,
          SL_NEEDS_SINGLE | SL_NEEDS_SCORES | SL_NEEDS_TEMPERATURE,
          "ECE over bins of equal width when logits are divided by that temperature, which is held fixed in the interval; 0 to 1.")
