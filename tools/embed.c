// SPDX-License-Identifier: Apache-2.0
// Build tool: writes the files below a folder as one C file, the table of src/http/assets.h.
//
//   embed OUT.c FOLDER
//
// Contents are written as string literals, which compile faster and smaller than number lists. A
// missing folder is not an error: one page is embedded that says how to build the pages.
// The output depends only on paths and contents. Start at main().
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_SIZE = 4096, FILES_MAX = 4096 };

typedef struct entry {
  char *disk, *path;  // where to read it, and how it is asked for
  unsigned long long hash[2];
  size_t size;
} entry;

static entry entries[FILES_MAX];
static size_t entry_count;

static const struct {
  const char *suffix, *mime;
} mimes[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".webp", "image/webp"},
    {".woff2", "font/woff2"},
    {".wasm", "application/wasm"},
    {".txt", "text/plain; charset=utf-8"},
};

static const char no_pages[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n<title>Slitlamp</title>\n</head>\n"
    "<body>\n<main>\n<h1>This build has no pages</h1>\n"
    "<p>The program was built without Node.js, so the pages are not in it. The command line and "
    "the HTTP interface work.</p>\n"
    "<p>To get the pages, install Node.js 20 or later and run <code>make build</code> in the "
    "source folder.</p>\n</main>\n</body>\n</html>\n";

static void die(const char *what, const char *name) {
  fprintf(stderr, "embed: %s \"%s\": %s\n", what, name, strerror(errno));
  exit(1);
}

static const char *mime_of(const char *path) {
  size_t length = strlen(path);
  for (size_t i = 0; i < sizeof mimes / sizeof mimes[0]; i++) {
    size_t n = strlen(mimes[i].suffix);
    if (length > n && strcmp(path + length - n, mimes[i].suffix) == 0) return mimes[i].mime;
  }
  return "application/octet-stream";
}

static char *copy(const char *text) {
  char *made = strdup(text);
  if (made == NULL) die("no memory for", text);
  return made;
}

static void add_file(const char *disk, const char *path) {
  if (entry_count == FILES_MAX) {
    errno = E2BIG;
    die("too many files at", path);
  }
  entries[entry_count++] = (entry){.disk = copy(disk), .path = copy(path)};
}

// Breadth first over a list that grows while it is walked; `prefix` is cut off to make paths.
static void add_folder(const char *root) {
  char *pending[FILES_MAX];
  size_t count = 0;
  pending[count++] = copy(root);
  for (size_t at = 0; at < count; at++) {
    DIR *folder = opendir(pending[at]);
    if (folder == NULL) die("cannot read", pending[at]);
    for (struct dirent *item = readdir(folder); item != NULL; item = readdir(folder)) {
      char disk[PATH_SIZE];
      struct stat info;
      if (item->d_name[0] == '.') continue;
      snprintf(disk, sizeof disk, "%s/%s", pending[at], item->d_name);
      if (stat(disk, &info) != 0) die("cannot read", disk);
      if (S_ISDIR(info.st_mode) && count < FILES_MAX) pending[count++] = copy(disk);
      if (S_ISREG(info.st_mode)) add_file(disk, disk + strlen(root));
    }
    closedir(folder);
  }
  for (size_t i = 0; i < count; i++) free(pending[i]);
}

static int by_path(const void *a, const void *b) {
  return strcmp(((const entry *)a)->path, ((const entry *)b)->path);
}

// FNV-1a twice with different starts: tells versions apart, promises nothing against an attacker.
static void hash_byte(entry *e, unsigned char byte) {
  e->hash[0] = (e->hash[0] ^ byte) * 1099511628211u;
  e->hash[1] = (e->hash[1] ^ byte ^ 0x5au) * 1099511628211u;
}

static void write_byte(FILE *out, entry *e, int byte) {
  hash_byte(e, (unsigned char)byte);
  if (byte == '\n') {
    fputs("\\n\"\n\"", out);
  } else if (byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\' && byte != '?') {
    fputc(byte, out);
  } else {
    fprintf(out, "\\%03o", (unsigned)byte);
  }
  e->size++;
}

static void begin_bytes(FILE *out, entry *e, size_t index) {
  e->hash[0] = 14695981039346656037u;
  e->hash[1] = 0x6c62272e07bb0142u;
  fprintf(out, "// %s\nstatic const char bytes_%zu[] =\n\"", e->path, index);
}

static void write_file(FILE *out, entry *e, size_t index) {
  FILE *in = fopen(e->disk, "rb");
  if (in == NULL) die("cannot read", e->disk);
  begin_bytes(out, e, index);
  for (int byte = getc(in); byte != EOF; byte = getc(in)) write_byte(out, e, byte);
  fputs("\";\n\n", out);
  if (ferror(in)) die("cannot read", e->disk);
  fclose(in);
}

static void write_fallback(FILE *out) {
  entries[0] = (entry){.path = copy("/index.html")};
  entry_count = 1;
  begin_bytes(out, &entries[0], 0);
  for (const char *at = no_pages; *at != '\0'; at++) write_byte(out, &entries[0], *at);
  fputs("\";\n\n", out);
}

static void write_table(FILE *out) {
  fputs("const struct sl_asset sl_assets[] = {\n", out);
  for (size_t i = 0; i < entry_count; i++) {
    const entry *e = &entries[i];
    fprintf(out, "    {\"%s\", \"%s\",\n     (const unsigned char *)bytes_%zu, %zu,\n", e->path,
            mime_of(e->path), i, e->size);
    fprintf(out, "     \"\\\"%016llx%016llx\\\"\"},\n", e->hash[0], e->hash[1]);
  }
  fprintf(out, "};\nconst size_t sl_assets_count = %zu;\n", entry_count);
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: embed OUT.c FOLDER\n");
    return 2;
  }
  char index[PATH_SIZE];
  struct stat info;
  snprintf(index, sizeof index, "%s/index.html", argv[2]);
  int built = stat(index, &info) == 0;
  FILE *out = fopen(argv[1], "wb");
  if (out == NULL) die("cannot write", argv[1]);
  fputs("// Generated by tools/embed.c. Do not edit.\n#include \"http/assets.h\"\n\n", out);
  if (built) add_folder(argv[2]);
  if (built) qsort(entries, entry_count, sizeof entries[0], by_path);
  for (size_t i = 0; built && i < entry_count; i++) write_file(out, &entries[i], i);
  if (!built) write_fallback(out);
  write_table(out);
  if (fclose(out) != 0) die("cannot write", argv[1]);
  for (size_t i = 0; i < entry_count; i++) {
    free(entries[i].disk);
    free(entries[i].path);
  }
  return 0;
}
