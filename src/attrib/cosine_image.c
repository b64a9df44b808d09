// SPDX-License-Identifier: Apache-2.0
// Pictures in frequencies.
#include "attrib/cosine_image.h"

#include <math.h>
#include <string.h>

// Columns: brightness, and two axes of colour, by how much natural images vary along them.
static const double colour_axes[3][3] = {{0.26, 0.09, 0.02}, {0.27, 0, -0.05}, {0.27, -0.09, 0.03}};
static const double colour_norm = 0.4619524;  // of the first column
static const double spread = 0.25;            // of frequencies into the sigmoid

static float *new_matrix(sl_arena *arena, int64_t n) {
  float *matrix = SL_NEW_ARRAY(arena, float, n *n);
  for (int64_t k = 0; k < n; k++)
    for (int64_t i = 0; i < n; i++) {
      double norm = sqrt((k == 0 ? 1.0 : 2.0) / (double)n);
      matrix[k * n + i] =
          (float)(norm * cos(M_PI * (2 * (double)i + 1) * (double)k / (2 * (double)n)));
    }
  return matrix;
}

static void weigh(sl_cosine_image *image) {
  double longest = (double)(image->height > image->width ? image->height : image->width);
  for (int64_t y = 0; y < image->height; y++)
    for (int64_t x = 0; x < image->width; x++) {
      double fy = (double)y / (2 * (double)image->height),
             fx = (double)x / (2 * (double)image->width);
      double cycles = fmax(hypot(fy, fx), 1 / longest);  // per pixel
      image->weights[y * image->width + x] = (float)(spread / cycles);
    }
}

void sl_cosine_image_new(sl_arena *arena, int64_t channels, int64_t height, int64_t width,
                         bool is_plain, sl_cosine_image *out) {
  *out = (sl_cosine_image){.channels = channels,
                           .height = height,
                           .width = width,
                           .count = channels * height * width,
                           .is_plain = is_plain};
  if (is_plain) return;
  out->rows = new_matrix(arena, height);
  out->columns = new_matrix(arena, width);
  out->across = SL_NEW_ARRAY(arena, float, width *width);
  for (int64_t i = 0; i < width * width; i++)
    out->across[i] = out->columns[i % width * width + i / width];
  out->weights = SL_NEW_ARRAY(arena, float, height *width);
  out->plane = SL_NEW_ARRAY(arena, float, height *width);
  weigh(out);
}

// ---- one plane ----------------------------------------------------------------------------------

// out[n, m] += a * row for each pair: out = A x (or its transpose) row by row.
static void add_scaled(float *out, const float *row, float a, int64_t count) {
  for (int64_t j = 0; j < count; j++) out[j] += a * row[j];
}

// out = M in (forward) or M' in, for M [height, height].
static void along_rows(const sl_cosine_image *image, const float *in, int forward, float *out) {
  int64_t h = image->height, w = image->width;
  memset(out, 0, (size_t)(h * w) * sizeof *out);
  for (int64_t y = 0; y < h; y++)
    for (int64_t k = 0; k < h; k++)
      add_scaled(out + y * w, in + k * w, image->rows[forward ? y * h + k : k * h + y], w);
}

// out = in M' (forward) or in M, for M [width, width].
static void along_columns(const sl_cosine_image *image, const float *in, int forward, float *out) {
  int64_t h = image->height, w = image->width;
  const float *matrix = forward ? image->across : image->columns;
  memset(out, 0, (size_t)(h * w) * sizeof *out);
  for (int64_t y = 0; y < h; y++)
    for (int64_t k = 0; k < w; k++) add_scaled(out + y * w, matrix + k * w, in[y * w + k], w);
}

static void transform(const sl_cosine_image *image, float *plane, int forward) {
  along_rows(image, plane, forward, image->plane);
  along_columns(image, image->plane, forward, plane);
}

static void transform_all(const sl_cosine_image *image, float *planes, int forward) {
  for (int64_t c = 0; c < image->channels; c++)
    transform(image, planes + c * image->height * image->width, forward);
}

static void scale_all(const sl_cosine_image *image, float *planes, int divide) {
  int64_t size = image->height * image->width;
  for (int64_t i = 0; i < image->count; i++) {
    float weight = image->weights[i % size];
    planes[i] = divide ? planes[i] / weight : planes[i] * weight;
  }
}

// ---- colours ------------------------------------------------------------------------------------

static void invert_3x3(const double m[3][3], double out[3][3]) {
  double determinant = 0;
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) {
      int a = (j + 1) % 3, b = (j + 2) % 3, c = (i + 1) % 3, d = (i + 2) % 3;
      out[i][j] = m[a][c] * m[b][d] - m[a][d] * m[b][c];
      if (i == 0) determinant += m[j][0] * out[0][j];
    }
  for (int i = 0; i < 9; i++) out[i / 3][i % 3] /= determinant;
}

typedef enum colour_way { TO_COLOURS = 0, TO_AXES, GRADIENT_TO_AXES } colour_way;

static void colour_matrix(colour_way way, double out[3][3]) {
  double axes[3][3];
  for (int i = 0; i < 9; i++) axes[i / 3][i % 3] = colour_axes[i / 3][i % 3] / colour_norm;
  if (way == TO_AXES) {
    invert_3x3((const double(*)[3])axes, out);
    return;
  }
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) out[i][j] = way == TO_COLOURS ? axes[i][j] : axes[j][i];
}

static void turn_colours(const sl_cosine_image *image, float *planes, colour_way way) {
  double m[3][3];
  int64_t size = image->height * image->width;
  if (image->channels != 3) return;
  colour_matrix(way, m);
  for (int64_t i = 0; i < size; i++) {
    double in[3] = {(double)planes[i], (double)planes[size + i], (double)planes[2 * size + i]};
    for (int c = 0; c < 3; c++)
      planes[c * size + i] = (float)(m[c][0] * in[0] + m[c][1] * in[1] + m[c][2] * in[2]);
  }
}

// ---- the whole ----------------------------------------------------------------------------------

void sl_cosine_image_show(const sl_cosine_image *image, const float *parameters, float *picture) {
  memcpy(picture, parameters, (size_t)image->count * sizeof *picture);
  if (!image->is_plain) {
    scale_all(image, picture, 0);
    transform_all(image, picture, 0);
    turn_colours(image, picture, TO_COLOURS);
  }
  for (int64_t i = 0; i < image->count; i++)
    picture[i] = image->is_plain ? fminf(fmaxf(picture[i], 0), 1) : 1 / (1 + expf(-picture[i]));
}

void sl_cosine_image_read(const sl_cosine_image *image, const float *picture, float *parameters) {
  memcpy(parameters, picture, (size_t)image->count * sizeof *picture);
  if (image->is_plain) return;
  for (int64_t i = 0; i < image->count; i++) {
    float p = fminf(fmaxf(picture[i], 0.01f), 0.99f);
    parameters[i] = logf(p / (1 - p));
  }
  turn_colours(image, parameters, TO_AXES);
  transform_all(image, parameters, 1);
  scale_all(image, parameters, 1);
}

void sl_cosine_image_pull(const sl_cosine_image *image, const float *picture, float *gradient,
                          float *out) {
  if (!image->is_plain) {
    for (int64_t i = 0; i < image->count; i++) gradient[i] *= picture[i] * (1 - picture[i]);
    turn_colours(image, gradient, GRADIENT_TO_AXES);
    transform_all(image, gradient, 1);
    scale_all(image, gradient, 0);
  }
  memcpy(out, gradient, (size_t)image->count * sizeof *out);
}
