// SPDX-License-Identifier: Apache-2.0
// Well-known pipelines by name, with where each is written down. Include with SL_PRESET defined.
// clang-format off
#define RGB_ "{\"mode\":{\"to\":\"rgb\"}},"
#define BGR_ "{\"mode\":{\"to\":\"bgr\"}},"
#define GREY_ "{\"mode\":{\"to\":\"grey\"}},"
#define SHORT_(size, kernel) "{\"resize\":{\"by\":\"short\",\"size\":" #size ",\"kernel\":\"" kernel "\"}},"
#define EXACT_(size, kernel) "{\"resize\":{\"by\":\"exact\",\"size\":" #size ",\"kernel\":\"" kernel "\"}},"
#define CROP_(size) "{\"crop\":{\"size\":" #size "}},"
#define DIV_(by) "{\"scale\":{\"div\":" #by "}},"
#define IMAGENET_ "{\"normalize\":{\"mean\":[0.485,0.456,0.406],\"std\":[0.229,0.224,0.225]}},"
#define HALF_ "{\"normalize\":{\"mean\":[0.5,0.5,0.5],\"std\":[0.5,0.5,0.5]}},"
#define CLIP_ "{\"normalize\":{\"mean\":[0.48145466,0.4578275,0.40821073],\"std\":[0.26862954,0.26130258,0.27577711]}},"
#define NCHW_ "{\"layout\":{\"order\":\"nchw\"}}"
#define NHWC_ "{\"layout\":{\"order\":\"nhwc\"}}"

SL_PRESET("imagenet-torch", "ImageNet models of torchvision, 224 px",
          "torchvision.transforms._presets.ImageClassification, resize_size 256, crop_size 224, on PIL images",
          "[" RGB_ SHORT_(256, "pillow.bilinear") CROP_(224) DIV_(255) IMAGENET_ NCHW_ "]")
SL_PRESET("imagenet-torch-v2", "torchvision's IMAGENET1K_V2 weights (ResNet, MobileNetV3-large), 224 px",
          "torchvision weights IMAGENET1K_V2: resize_size 232, crop_size 224, bilinear",
          "[" RGB_ SHORT_(232, "pillow.bilinear") CROP_(224) DIV_(255) IMAGENET_ NCHW_ "]")
SL_PRESET("imagenet-torch-bicubic", "torchvision's EfficientNet-B0, 224 px",
          "torchvision EfficientNet_B0_Weights.IMAGENET1K_V1: resize_size 256, crop_size 224, bicubic",
          "[" RGB_ SHORT_(256, "pillow.bicubic") CROP_(224) DIV_(255) IMAGENET_ NCHW_ "]")
SL_PRESET("imagenet-torch-288", "timm's ResNets tested at 288 px",
          "timm model cards with test_input_size 3x288x288, crop_pct 1.0, bicubic",
          "[" RGB_ SHORT_(288, "pillow.bicubic") CROP_(288) DIV_(255) IMAGENET_ NCHW_ "]")
SL_PRESET("inception", "Inception v3 of torchvision, 299 px",
          "torchvision Inception_V3_Weights.IMAGENET1K_V1: resize_size 342, crop_size 299, bilinear",
          "[" RGB_ SHORT_(342, "pillow.bilinear") CROP_(299) DIV_(255) IMAGENET_ NCHW_ "]")
SL_PRESET("imagenet-caffe", "Caffe models and their conversions: BGR, mean subtracted, no scaling, 224 px",
          "mean of the VGG models (arXiv 1409.1556), two decimals as in their TensorFlow conversions",
          "[" BGR_ SHORT_(256, "pillow.bilinear") CROP_(224)
          "{\"normalize\":{\"mean\":[103.94,116.78,123.68]}}," NCHW_ "]")
SL_PRESET("keras-caffe", "Keras models with preprocess_input of mode caffe (ResNet50, VGG), 224 px",
          "keras.applications.imagenet_utils, mode caffe; load_img resizes with nearest",
          "[" BGR_ EXACT_(224, "pillow.nearest")
          "{\"normalize\":{\"mean\":[103.939,116.779,123.68]}}," NHWC_ "]")
SL_PRESET("keras-tf", "Keras models with preprocess_input of mode tf (MobileNet, ResNetV2), 224 px",
          "keras.applications.imagenet_utils, mode tf: x / 127.5 - 1; load_img resizes with nearest",
          "[" RGB_ EXACT_(224, "pillow.nearest") DIV_(127.5) "{\"normalize\":{\"mean\":[1]}}," NHWC_ "]")
SL_PRESET("imagenet-tf", "Inception-style TensorFlow models: central 87.5 %, then 224 px, -1 to 1",
          "TF-Slim inception_preprocessing for evaluation; its bilinear resize is taken as OpenCV's",
          "[" RGB_ "{\"crop\":{\"fraction\":0.875}}," EXACT_(224, "opencv.linear")
          DIV_(127.5) "{\"normalize\":{\"mean\":[1]}}," NHWC_ "]")
SL_PRESET("vit", "Google's ViT on the Hugging Face hub, 224 px",
          "preprocessor_config.json of google/vit-base-patch16-224: resize 224 x 224, mean and std 0.5",
          "[" RGB_ EXACT_(224, "pillow.bilinear") DIV_(255) HALF_ NCHW_ "]")
SL_PRESET("clip", "CLIP image encoders, 224 px",
          "openai/CLIP clip.py _transform: Resize(224, bicubic), CenterCrop(224)",
          "[" RGB_ SHORT_(224, "pillow.bicubic") CROP_(224) DIV_(255) CLIP_ NCHW_ "]")
SL_PRESET("clip-336", "CLIP ViT-L/14 at 336 px",
          "openai/CLIP clip.py _transform with n_px 336",
          "[" RGB_ SHORT_(336, "pillow.bicubic") CROP_(336) DIV_(255) CLIP_ NCHW_ "]")
SL_PRESET("siglip", "SigLIP image encoders, 224 px",
          "preprocessor_config.json of google/siglip-base-patch16-224: resize 224 x 224 bicubic",
          "[" RGB_ EXACT_(224, "pillow.bicubic") DIV_(255) HALF_ NCHW_ "]")
SL_PRESET("dinov2", "DINOv2 image encoders, 224 px",
          "facebookresearch/dinov2 make_classification_eval_transform: Resize(256, bicubic), CenterCrop(224)",
          "[" RGB_ SHORT_(256, "pillow.bicubic") CROP_(224) DIV_(255) IMAGENET_ NCHW_ "]")
SL_PRESET("mnist", "MNIST, 28 px grey",
          "pytorch/examples mnist: ToTensor, Normalize(0.1307, 0.3081)",
          "[" GREY_ DIV_(255) "{\"normalize\":{\"mean\":[0.1307],\"std\":[0.3081]}}," NCHW_ "]")
SL_PRESET("fashion-mnist", "Fashion-MNIST, 28 px grey",
          "mean and standard deviation of its training pixels, four decimals",
          "[" GREY_ DIV_(255) "{\"normalize\":{\"mean\":[0.286],\"std\":[0.353]}}," NCHW_ "]")
SL_PRESET("cifar10", "CIFAR-10, 32 px",
          "mean and standard deviation of its training pixels, four decimals",
          "[" RGB_ DIV_(255)
          "{\"normalize\":{\"mean\":[0.4914,0.4822,0.4465],\"std\":[0.247,0.2435,0.2616]}}," NCHW_ "]")
SL_PRESET("cifar100", "CIFAR-100, 32 px",
          "mean and standard deviation of its training pixels, four decimals",
          "[" RGB_ DIV_(255)
          "{\"normalize\":{\"mean\":[0.5071,0.4865,0.4409],\"std\":[0.2673,0.2564,0.2762]}}," NCHW_ "]")
SL_PRESET("yolo", "YOLO detectors, 640 px letterbox",
          "ultralytics LetterBox: OpenCV linear, border 114, RGB, / 255",
          "[{\"decode\":{\"like\":\"opencv\"}}," RGB_ "{\"letterbox\":{\"size\":640}}," DIV_(255) NCHW_ "]")
SL_PRESET("yolo-cls", "YOLO classifiers, 224 px",
          "ultralytics classify_transforms: Resize(224), CenterCrop(224), ToTensor",
          "[" RGB_ SHORT_(224, "pillow.bilinear") CROP_(224) DIV_(255) NCHW_ "]")
SL_PRESET("unit", "pixels divided by 255 and nothing else, at the image's own size",
          "torchvision.transforms.ToTensor",
          "[" RGB_ DIV_(255) NCHW_ "]")

#undef RGB_
#undef BGR_
#undef GREY_
#undef SHORT_
#undef EXACT_
#undef CROP_
#undef DIV_
#undef IMAGENET_
#undef HALF_
#undef CLIP_
#undef NCHW_
#undef NHWC_
