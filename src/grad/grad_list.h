// SPDX-License-Identifier: Apache-2.0
// Every operator of ai.onnx the sweep knows, in alphabetical order. Include with these defined:
//   SL_GRAD_RULE(type)            its rule is sl_grad_<type>() in a file of its family
//   SL_GRAD_ZERO(type, why)       its inputs get no gradient; said in the result's notes
//   SL_GRAD_ZERO_QUIET(type, why) the same for operators without a real-valued way through them
//   SL_GRAD_REFUSE(type, why)     a target that depends on the input through it is refused
