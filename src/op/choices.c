// SPDX-License-Identifier: Apache-2.0
// Choices of the shared parameter groups: tables only.
#include "op/choices.h"

const sl_choice sl_choices_preset[] = {
#define SL_PRESET(name_, help_, source_, text_) {(name_), (help_)},
#include "model/preset_list.h"
#undef SL_PRESET
    {0}};

const sl_choice sl_choices_mode[] = {{"keep", "as the pipeline says"},
                                     {"rgb", "red, green, blue"},
                                     {"bgr", "blue, green, red"},
                                     {"grey", "one channel"},
                                     {0}};

// "keep" first, then sl_kernel in its order.
const sl_choice sl_choices_kernel[] = {{"keep", "as the pipeline says"},
                                       {"pillow.nearest", "Pillow NEAREST"},
                                       {"pillow.box", "Pillow BOX"},
                                       {"pillow.bilinear", "Pillow BILINEAR"},
                                       {"pillow.hamming", "Pillow HAMMING"},
                                       {"pillow.bicubic", "Pillow BICUBIC"},
                                       {"pillow.lanczos", "Pillow LANCZOS"},
                                       {"opencv.nearest", "OpenCV INTER_NEAREST"},
                                       {"opencv.linear", "OpenCV INTER_LINEAR"},
                                       {"opencv.area", "OpenCV INTER_AREA"},
                                       {"opencv.cubic", "OpenCV INTER_CUBIC"},
                                       {"torch.bilinear", "torch bilinear, antialiased"},
                                       {"torch.bicubic", "torch bicubic, antialiased"},
                                       {0}};

const sl_choice sl_choices_scores[] = {{"auto", "detected from the graph and real outputs"},
                                       {"logits", "a softmax is applied"},
                                       {"probabilities", "used as they are"},
                                       {"sigmoid", "one binary logit or probability"},
                                       {"multilabel", "independent classes, a sigmoid each"},
                                       {0}};

const sl_choice sl_choices_provider[] = {{"auto", "the fastest that is there"},
                                         {"cpu", "the processor"},
                                         {"cuda", "an NVIDIA GPU"},
                                         {"tensorrt", "an NVIDIA GPU through TensorRT"},
                                         {"openvino", "Intel hardware"},
                                         {"coreml", "Apple hardware"},
                                         {0}};

const sl_choice sl_choices_precision[] = {
    {"float32", "4 bytes per score"}, {"float16", "2 bytes per score"}, {0}};

const sl_choice sl_choices_search[] = {
    {"auto", "when labels exist; a better one is used only where the pipeline was guessed"},
    {"never", "no other pipeline is tried"},
    {0}};

// "auto" first, then format_list.h in its order; a test compares the two.
const sl_choice sl_choices_format[] = {{"auto", "recognised by content"},
                                       {"folder", "a folder per class, or images without labels"},
                                       {"csv", "CSV or TSV manifest"},
                                       {"jsonl", "JSON Lines manifest"},
                                       {"idx", "IDX image and label files"},
                                       {0}};
