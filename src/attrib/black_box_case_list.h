// SPDX-License-Identifier: Apache-2.0
// Cases of black box and attention methods; included by attrib_case_list.h. Expected values are
// made by tests/goldens/make_blackbox_goldens.py.
#define BOTH_FROM(method, baselines, expected)                         \
  ATTRIB_CASE("chain", method, "predicted", NULL, baselines, expected) \
  ATTRIB_CASE("residual", method, "predicted", NULL, baselines, expected)

BOTH_FROM("{\"occlusion\": {\"window\": 5, \"stride\": 3}}", NULL, "occlusion")
BOTH_FROM("{\"occlusion\": {\"window\": 4, \"stride\": 4, \"channels_apart\": true}}", "baseline",
          "occlusion_apart")
BOTH_FROM("{\"feature_ablation\": {\"cell\": 4}}", "baseline", "feature_ablation")
BOTH_FROM("{\"rise\": {\"masks\": 40, \"cells\": 5, \"probability\": 0.4}}", NULL, "rise")
BOTH_FROM("{\"lime\": {\"samples\": 60, \"cell\": 4, \"penalty\": 1e-3}}", "baseline", "lime_lasso")
BOTH_FROM("{\"lime\": {\"samples\": 60, \"cell\": 4, \"fit\": \"ridge\", \"penalty\": 0.5}}",
          "baseline", "lime_ridge")
BOTH_FROM("{\"kernel_shap\": {\"samples\": 60, \"cell\": 4}}", "baseline", "kernel_shap")
BOTH_FROM("{\"kernel_shap\": {\"samples\": 16, \"cell\": 6}}", "baseline", "kernel_shap_exact")
BOTH_FROM("{\"shapley_sampling\": {\"samples\": 6, \"cell\": 4}}", "baseline", "shapley_sampling")

#define VIT(method, expected) ATTRIB_CASE("vit", method, "predicted", NULL, NULL, expected)
VIT("\"attention_map\"", "attention_map")
VIT("{\"attention_map\": {\"block\": 1, \"head\": 1}}", "attention_map_head")
VIT("\"attention_rollout\"", "attention_rollout")
VIT("\"gradient_rollout\"", "gradient_rollout")
#undef VIT
#undef BOTH_FROM
