// SPDX-License-Identifier: Apache-2.0
// Every attribution method, in the order of menus. Include with SL_ATTRIB(name) defined; its row is
// sl_attrib_<name>, in a file of its family.
SL_ATTRIB(saliency)
SL_ATTRIB(input_x_gradient)
SL_ATTRIB(integrated_gradients)
SL_ATTRIB(grad_cam)
SL_ATTRIB(grad_cam_plus_plus)
SL_ATTRIB(x_grad_cam)
SL_ATTRIB(hires_cam)
SL_ATTRIB(elementwise_cam)
SL_ATTRIB(layer_cam)
