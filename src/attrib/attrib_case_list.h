// SPDX-License-Identifier: Apache-2.0
// Attribution cases: network, method, target, layer, baselines, expected values. Files are
// tests/data/attrib/<network>_<name>.npy, made by tests/goldens/make_attrib_goldens.py.
#define BOTH(method, target, baselines, expected)                 \
  ATTRIB_CASE("chain", method, target, NULL, baselines, expected) \
  ATTRIB_CASE("residual", method, target, NULL, baselines, expected)
// At the layer that the script looks at.
#define BOTH_LAYERS(method, expected)                                               \
  ATTRIB_CASE("chain", method, "predicted", "/relu2/Relu_output_0", NULL, expected) \
  ATTRIB_CASE("residual", method, "predicted", "/relu3/Relu_output_0", NULL, expected)

BOTH("\"saliency\"", "predicted", NULL, "saliency")
BOTH("\"input_x_gradient\"", "predicted", NULL, "input_x_gradient")
BOTH("{\"integrated_gradients\": {\"steps\": 12}}", "predicted", NULL,
     "integrated_gradients_gausslegendre")
BOTH("{\"integrated_gradients\": {\"steps\": 12, \"rule\": \"riemann_middle\"}}", "predicted", NULL,
     "integrated_gradients_riemann_middle")
BOTH("{\"integrated_gradients\": {\"steps\": 12, \"rule\": \"riemann_left\"}}", "predicted", NULL,
     "integrated_gradients_riemann_left")
BOTH("{\"integrated_gradients\": {\"steps\": 12, \"rule\": \"riemann_right\"}}", "predicted", NULL,
     "integrated_gradients_riemann_right")

#define NOISY(method, over, expected)                                             \
  BOTH("{\"" method                                                               \
       "\": {\"samples\": 4, \"noise\": 0.3, \"relative\": false, \"steps\": 6, " \
       "\"over\": \"" over "\"}}",                                                \
       "predicted", NULL, expected "_" over)
NOISY("smoothgrad", "saliency", "smoothgrad")
NOISY("smoothgrad", "input_x_gradient", "smoothgrad")
NOISY("smoothgrad", "integrated_gradients", "smoothgrad")
NOISY("smoothgrad_squared", "saliency", "smoothgrad_sq")
NOISY("smoothgrad_squared", "input_x_gradient", "smoothgrad_sq")
NOISY("smoothgrad_squared", "integrated_gradients", "smoothgrad_sq")
NOISY("vargrad", "saliency", "vargrad")
NOISY("vargrad", "input_x_gradient", "vargrad")
NOISY("vargrad", "integrated_gradients", "vargrad")
#undef NOISY

BOTH("{\"gradient_shap\": {\"samples\": 5, \"noise\": 0.2}}", "predicted", "baselines",
     "gradient_shap")
BOTH("{\"expected_gradients\": {\"samples\": 5}}", "predicted", "baselines", "expected_gradients")

BOTH("{\"blur_integrated_gradients\": {\"steps\": 10, \"sigma\": 4}}", "predicted", NULL,
     "blur")
BOTH("{\"blur_integrated_gradients\": {\"steps\": 10, \"sigma\": 4, \"root\": true}}",
     "predicted", NULL, "blur_root")
BOTH("{\"guided_integrated_gradients\": {\"steps\": 15, \"distance\": 0.1}}", "predicted",
     "baseline", "guided_path")

BOTH("{\"xrai\": {\"steps\": 20, \"segment_min\": 6, \"widen\": 1, \"gain_min\": 3}}", "predicted",
     NULL, "xrai")

BOTH("\"guided_backprop\"", "predicted", NULL, "guided_backprop")
BOTH("\"deconvolution\"", "predicted", NULL, "deconvolution")
BOTH_LAYERS("\"guided_grad_cam\"", "guided_grad_cam_nearest")
BOTH_LAYERS("{\"guided_grad_cam\": {\"enlarge\": \"bilinear\"}}", "guided_grad_cam_bilinear")

BOTH_LAYERS("\"grad_cam\"", "grad_cam")
BOTH_LAYERS("\"grad_cam_plus_plus\"", "grad_cam_plus_plus")
BOTH_LAYERS("\"x_grad_cam\"", "x_grad_cam")
BOTH_LAYERS("\"hires_cam\"", "hires_cam")
BOTH_LAYERS("\"elementwise_cam\"", "elementwise_cam")
BOTH_LAYERS("\"layer_cam\"", "layer_cam")

BOTH("\"deep_lift\"", "predicted", NULL, "deep_lift_zeros")
BOTH("\"deep_lift\"", "predicted", "baseline", "deep_lift_other")

#define LRP(net, rule, expected)                                                             \
  ATTRIB_CASE(net, "{\"lrp\": {\"rule\": \"" rule "\", \"epsilon\": 1e-9}}", "predicted", NULL, \
              NULL, expected)
LRP("chain", "epsilon", "lrp_epsilon")
LRP("residual", "epsilon", "lrp_epsilon")
LRP("chain", "gamma", "lrp_gamma")
LRP("residual", "gamma", "lrp_gamma")
LRP("residual", "epsilon_gamma", "lrp_epsilon_gamma")
// Captum's positive rule is the one of the papers where inputs and biases are not negative.
LRP("chain", "alpha_beta", "lrp_alpha_beta")
LRP("chain", "epsilon_plus", "lrp_epsilon_plus")
ATTRIB_CASE("residual", "{\"lrp\": {\"rule\": \"alpha_beta\", \"epsilon\": 1e-9, \"alpha\": 2}}",
            "predicted", NULL, NULL, "lrp_alpha_beta_2")
#undef LRP
BOTH_LAYERS("\"layer_gradient_x_activation\"", "layer_gradient_x_activation")
BOTH_LAYERS("{\"layer_integrated_gradients\": {\"steps\": 12}}", "layer_integrated_gradients")
BOTH_LAYERS("{\"layer_conductance\": {\"steps\": 12}}", "layer_conductance")
BOTH_LAYERS("{\"internal_influence\": {\"steps\": 12}}", "internal_influence")
// In a branch beside which the model goes on: the input is needed again.
ATTRIB_CASE("residual", "{\"layer_integrated_gradients\": {\"steps\": 12}}", "predicted",
            "/relu2/Relu_output_0", NULL, "layer_integrated_gradients_inside")
// A unit of a layer as the target is what Captum calls a neuron method.
#define UNIT(net, method, unit, expected) ATTRIB_CASE(net, method, unit, NULL, NULL, expected)
UNIT("chain", "{\"saliency\": {\"absolute\": false}}", "/relu2/Relu_output_0[2,1,1]",
     "neuron_gradient")
UNIT("residual", "{\"saliency\": {\"absolute\": false}}", "/relu3/Relu_output_0[2,1,1]",
     "neuron_gradient")
UNIT("chain", "{\"integrated_gradients\": {\"steps\": 12}}", "/relu2/Relu_output_0[2,1,1]",
     "neuron_integrated_gradients")
UNIT("residual", "{\"integrated_gradients\": {\"steps\": 12}}", "/relu3/Relu_output_0[2,1,1]",
     "neuron_integrated_gradients")
#undef UNIT

BOTH_LAYERS("\"eigen_cam\"", "eigen_cam")
BOTH_LAYERS("\"eigen_grad_cam\"", "eigen_grad_cam")
BOTH_LAYERS("\"kpca_cam\"", "kpca_cam")
BOTH_LAYERS("{\"score_cam\": {\"positive\": false}}", "score_cam")
BOTH_LAYERS("{\"ablation_cam\": {\"positive\": false}}", "ablation_cam")
BOTH_LAYERS("\"finer_cam\"", "finer_cam")
BOTH("\"full_grad\"", "predicted", NULL, "full_grad")
// One part has one answer; several have many, of which the references give one by chance.
BOTH_LAYERS("{\"dff\": {\"parts\": 1, \"rounds\": 20000}}", "dff")

#undef BOTH
#undef BOTH_LAYERS

#include "attrib/black_box_case_list.h"
