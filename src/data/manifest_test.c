// SPDX-License-Identifier: Apache-2.0
// Tests of CSV and JSON Lines manifests: columns, types, paths, inline bytes, damage.
#include "data/data_testing.h"

#include "base/json.h"
#include "data/base64.h"
#include "data/csv_reader.h"

#define PNG DATA "folder/train/boot/1.png"

static void csv_with_everything(void **state) {
  testing *t = *state;
  import_from(t, DATA "manifest/good.csv");
  assert_string_equal(t->version.format, "csv");
  assert_int_equal(t->version.samples, 2);
  assert_int_equal(t->version.broken, 0);
  assert_string_equal(text_at(t, SL_COLUMN_LABEL, "img/a.png"), "tall \"boot\"\nwith laces");
  assert_string_equal(text_at(t, SL_COLUMN_SPLIT, "img/b, c.png"), "val");
  assert_int_equal(column_of(t, "meta.age").type, SL_COLUMN_I64);
  assert_int_equal(column_of(t, "meta.sunny").type, SL_COLUMN_BOOL);
  assert_int_equal(column_of(t, "meta.zip").type, SL_COLUMN_TEXT);
  assert_int_equal(column_of(t, "meta.weight").type, SL_COLUMN_F64);
  assert_string_equal(text_at(t, "meta.zip", "img/a.png"), "007");
  assert_float_equal(number_at(t, "meta.weight", "img/b, c.png"), 1000, 0);
  sl_column age = column_of(t, "meta.age");
  assert_false(sl_column_is_valid(&age, row_named(t, "img/b, c.png")));
  assert_int_equal(number_at(t, "meta.sunny", "img/a.png"), 1);
  assert_note(t, "labels: column \"label\" of \"good.csv\"");
  import_from(t, DATA "manifest/good.csv");
  assert_int_equal(t->got.unchanged, 1);
  assert_int_equal(t->got.reused, 2);
}

static void jsonl_with_inline_bytes(void **state) {
  testing *t = *state;
  sl_sample_data data;
  sl_bytes png;
  shell(t, "cp -r '" DATA "manifest/.' .");
  import_from(t, in_data(t, "good.jsonl"));
  assert_string_equal(t->version.format, "jsonl");
  assert_int_equal(t->version.labelled, 2);
  assert_string_equal(t->version.classes, "[\"7\",\"cotton\",\"shirt\"]");
  assert_string_equal(text_at(t, SL_COLUMN_LABELS, "img/b, c.png"), "[\"shirt\",\"cotton\"]");
  assert_null(text_at(t, SL_COLUMN_LABEL, "img/b, c.png"));
  assert_string_equal(text_at(t, SL_COLUMN_LABEL, "good/00001"), "7");
  assert_int_equal(column_of(t, "meta.age").type, SL_COLUMN_F64);
  assert_string_equal(text_at(t, "meta.tags", "good/00001"), "[\"x\",1]");
  sl_sample_row row = sample_at(t, "good/00001");
  assert_string_equal(row.format, "png");
  assert_ok(t, sl_file_read(t->arena, in_data(t, "img/a.png"), 1 << 20, &png, &t->err));
  shell(t, "rm -r img good.jsonl");
  assert_ok(t, sl_sample_read(sl_sample_reader_new(t->arena, t->store), &row, &data, &t->err));
  assert_int_equal(data.file.size, png.size);
  assert_memory_equal(data.file.at, png.at, png.size);
}

static void inline_bytes_are_told_apart_by_content(void **state) {
  testing *t = *state;
  write_text(t, "m.jsonl",
             "{\"bytes\":\"UDUgMSAxIDI1NQpB\"}\n{\"bytes\":\"!\"}\n{\"bytes\":\"=\"}\n");
  import_from(t, in_data(t, "m.jsonl"));
  assert_int_equal(t->version.broken, 2);
  assert_non_null(strstr(problem_of(t, "m/00001"), "no base64"));
  sl_hash before = sample_at(t, "m/00000").content;
  write_text(t, "m.jsonl",
             "{\"bytes\":\"UDUgMSAxIDI1NQpC\"}\n{\"bytes\":\"!\"}\n{\"bytes\":\"=\"}\n");
  import_from(t, in_data(t, "m.jsonl"));
  sl_hash after = sample_at(t, "m/00000").content;
  assert_memory_not_equal(&before, &after, sizeof before);
  assert_int_equal(t->got.reused, 2);
  assert_int_equal(t->version.added, 1);
}

static void paths_stay_below_the_manifest(void **state) {
  testing *t = *state;
  shell(t, "mkdir -p set/a; cp '" PNG "' set/a/1.png; cp '" PNG
           "' out.png; ln -s ../out.png set/l.png;"
           "ln -s a/1.png set/k.png");
  write_text(t, "set/m.csv",
             sl_arena_printf(t->arena,
                             "file\n./a//1.png\na/../a/1.png\n../out.png\n%s/out.png\nl.png\n"
                             "k.png\n%s/set/a/1.png\na/none.png\n",
                             t->data, t->data));
  import_from(t, in_data(t, "set/m.csv"));
  assert_int_equal(t->version.samples, 8);
  assert_int_equal(t->version.broken, 4);
  assert_non_null(strstr(problem_of(t, "../out.png"), "leaves the folder of the manifest"));
  assert_non_null(strstr(problem_of(t, in_data(t, "out.png")), "leaves the folder"));
  assert_non_null(strstr(problem_of(t, "l.png"), "symbolic link that leaves"));
  assert_non_null(strstr(problem_of(t, "a/none.png"), "No such file"));
  assert_null(text_at(t, SL_COLUMN_ERROR, "k.png"));
  assert_null(text_at(t, SL_COLUMN_ERROR, "a/1.png#3"));
  assert_note(t, "samples named more than once: 2");
  int64_t before = id_at(t, "a/none.png");
  import_from(t, in_data(t, "set/m.csv"));
  assert_int_equal(t->got.unchanged, 1);
  assert_int_equal(t->got.reused, 8);
  assert_int_equal(id_at(t, "a/none.png"), before);
  shell(t, "cp '" PNG "' set/a/none.png");
  import_from(t, in_data(t, "set/m.csv"));
  assert_int_equal(t->version.broken, 3);
  assert_int_equal(t->version.seq, 2);
}

static void headers_are_optional(void **state) {
  testing *t = *state;
  shell(t, "cp '" PNG "' a.png; cp '" PNG "' b.png");
  write_text(t, "m.csv", "a.png;cat\nb.png;dog\n");
  import_from(t, in_data(t, "m.csv"));
  assert_string_equal(text_at(t, SL_COLUMN_LABEL, "b.png"), "dog");
  write_text(t, "m.tsv", "Image\tClass\tmean value\tMEAN VALUE\nb.png\tcat\t1\tx\n");
  import_from(t, in_data(t, "m.tsv"));
  assert_string_equal(text_at(t, SL_COLUMN_LABEL, "b.png"), "cat");
  assert_int_equal(number_at(t, "meta.mean_value", "b.png"), 1);
  assert_string_equal(text_at(t, "meta.MEAN_VALUE", "b.png"), "x");
  shell(t, "mkdir sub; cp '" PNG "' sub/c.png");
  write_text(t, "m.csv", "path, label, split\na.png, cat , test\nsub\\c.png, dog,\n");
  import_from(t, in_data(t, "m.csv"));
  assert_string_equal(text_at(t, SL_COLUMN_LABEL, "a.png"), "cat");
  assert_string_equal(text_at(t, SL_COLUMN_SPLIT, "a.png"), "test");
  assert_string_equal(text_at(t, SL_COLUMN_LABEL, "sub/c.png"), "dog");
  assert_int_equal(t->version.broken, 0);
  write_text(t, "m.csv", "animal,age\ncat,3\n");
  assert_fails(t, SL_E_FORMAT, "line 2: no column names the image; there are: animal, age",
               import_status(t, in_data(t, "m.csv")));
}

// A "|" separates in a column of single labels only where every part is a label of its own.
static void a_bar_in_a_label(void **state) {
  testing *t = *state;
  shell(t, "for i in a b c d; do cp '" PNG "' $i.png; done");
  write_text(t, "m.csv", "path,label\na.png,cat\nb.png,dog\nc.png,cat | dog\nd.png,cat|bird\n");
  import_from(t, in_data(t, "m.csv"));
  assert_int_equal(t->version.labelled, 4);
  assert_string_equal(text_at(t, SL_COLUMN_LABELS, "c.png"), "[\"cat\",\"dog\"]");
  assert_null(text_at(t, SL_COLUMN_LABEL, "c.png"));
  assert_string_equal(text_at(t, SL_COLUMN_LABEL, "d.png"), "cat|bird");
  assert_null(text_at(t, SL_COLUMN_LABELS, "d.png"));
  assert_note(t, "labels of \"m.csv\" split at \"|\", because every part is a label too: 1");
  assert_note(t, "with a \"|\" kept whole, because not every part is a label of its own: 1");
  write_text(t, "m.csv", "path,labels\na.png,cat|bird\nb.png,dog|\nc.png,|\nd.png,\n");
  import_from(t, in_data(t, "m.csv"));
  assert_string_equal(text_at(t, SL_COLUMN_LABELS, "a.png"), "[\"cat\",\"bird\"]");
  assert_string_equal(text_at(t, SL_COLUMN_LABEL, "b.png"), "dog");
  assert_int_equal(t->version.labelled, 2);
  write_text(t, "m.csv", "path,label\na.png,a|b\nb.png,|\nc.png,a\n");
  import_from(t, in_data(t, "m.csv"));
  assert_string_equal(text_at(t, SL_COLUMN_LABEL, "a.png"), "a|b");
  assert_string_equal(text_at(t, SL_COLUMN_LABEL, "b.png"), "|");
}

static void broken_twins(void **state) {
  testing *t = *state;
  assert_fails(t, SL_E_FORMAT, "line 4, column 1: there is text after a closing quote",
               import_status(t, DATA "manifest/broken.csv"));
  assert_fails(t, SL_E_FORMAT, "line 3 has the key \"path\" twice",
               import_status(t, DATA "manifest/broken.jsonl"));
  static const struct {
    const char *name, *text, *says;
  } rows[] = {
      {"a.csv", "path,label\na.png,\"cat\n", "line 2, column 2: the file ends inside quotes"},
      {"b.csv", "path,label\na.png,cat,dog\n", "line 2: it has 3 cells, the header has 2"},
      {"c.csv", "path,path\na.png,b\n", "line 1: column 2 is named \"path\""},
      {"d.csv", "path,label\n,cat\n", "line 2: column 1 (\"path\") names no image"},
      {"e.csv", "\xff\xfep\1a\1", "that can be imported"},
      {"f.jsonl", "{\"path\":\"a.png\"}\n[1]\n", "line 2: it is a list"},
      {"g.jsonl", "{\"path\":\"a.png\"", "line 1"},
      {"h.jsonl", "{\"label\":\"cat\"}\n", "line 1: no column names the image"},
      {"i.csv", "path,label\n", "holds no sample"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    write_text(t, rows[i].name, rows[i].text);
    assert_fails(t, SL_E_FORMAT, rows[i].says, import_status(t, in_data(t, rows[i].name)));
  }
}

static void a_line_has_an_end(void **state) {
  testing *t = *state;
  shell(t,
        "(printf 'path,label\\na.png,'; head -c 20000000 /dev/zero | tr '\\0' x) > m.csv;"
        "(printf '{\"path\":\"'; head -c 20000000 /dev/zero | tr '\\0' x) > m.jsonl;"
        "printf 'path,label\\na.png,\\0\\n' > n.csv");
  assert_fails(t, SL_E_LIMIT, "line 2, column 2: the record is above 16 MiB",
               import_status(t, in_data(t, "m.csv")));
  assert_fails(t, SL_E_LIMIT, "line 1 of", import_status(t, in_data(t, "m.jsonl")));
  t->options.format = "csv";
  assert_fails(t, SL_E_FORMAT, "line 2, column 2: there is a zero byte",
               import_status(t, in_data(t, "n.csv")));
}

// A record that reaches the limit exactly at the end of a cell.
static void a_full_record_has_no_room_left(void **state) {
  testing *t = *state;
  sl_csv *csv;
  int more;
  shell(t, "(head -c 16777216 /dev/zero | tr '\\0' x; printf ',yy\n') > m.csv");
  assert_ok(t, sl_csv_open(t->arena, in_data(t, "m.csv"), &csv, &t->err));
  assert_fails(t, SL_E_LIMIT, "column 2", sl_csv_next(csv, &more, &t->err));
}

static void many_columns_are_bounded(void **state) {
  testing *t = *state;
  sl_text text = {0};
  shell(t, "cp '" PNG "' a.png");
  sl_text_puts(&text, "path");
  for (int i = 0; i < 300; i++) sl_text_printf(&text, ",c%d", i);
  sl_text_puts(&text, "\na.png");
  for (int i = 0; i < 300; i++) sl_text_printf(&text, ",%d", i);
  write_text(t, "m.csv", sl_text_z(&text));
  sl_text_free(&text);
  import_from(t, in_data(t, "m.csv"));
  assert_int_equal(number_at(t, "meta.c255", "a.png"), 255);
  assert_false(has_column(t, "meta.c256"));
  assert_note(t, "metadata columns beyond the first 256 were left out: 44");
}

// ---- the readers --------------------------------------------------------------------------------

static void csv_records(void **state) {
  testing *t = *state;
  sl_csv *csv;
  int more;
  write_text(t, "x.csv", "a,\"b\nc\",\"\"\"\"\r\n\r\n,,\r\"\",x\"y");
  assert_ok(t, sl_csv_open(t->arena, in_data(t, "x.csv"), &csv, &t->err));
  for (int round = 0; round < 2; round++) {
    assert_ok(t, sl_csv_next(csv, &more, &t->err));
    assert_int_equal(sl_csv_count(csv), 3);
    assert_string_equal(sl_csv_cell(csv, 1), "b\nc");
    assert_string_equal(sl_csv_cell(csv, 2), "\"");
    assert_ok(t, sl_csv_next(csv, &more, &t->err));
    assert_int_equal(sl_csv_line(csv), 4);
    assert_int_equal(sl_csv_count(csv), 3);
    assert_ok(t, sl_csv_next(csv, &more, &t->err));
    assert_int_equal(sl_csv_count(csv), 2);
    assert_string_equal(sl_csv_cell(csv, 0), "");
    assert_string_equal(sl_csv_cell(csv, 1), "x\"y");
    assert_ok(t, sl_csv_next(csv, &more, &t->err));
    assert_int_equal(more, 0);
    assert_ok(t, sl_csv_rewind(csv, &t->err));
  }
}

static void base64_of_rfc_4648(void **state) {
  (void)state;
  static const char *const rows[][2] = {{"", ""},
                                        {"Zg==", "f"},
                                        {"Zm8=", "fo"},
                                        {"Zm9v", "foo"},
                                        {"Zm9vYg", "foob"},
                                        {"Zm9vYmE=", "fooba"},
                                        {"Zm 9v\nYmFy", "foobar"},
                                        {"data:;base64,Pz8_", "???"}};
  static const char *const bad[] = {"Z", "Zg=", "Zg=x", "Zm9v====", "Zm9v*", "=Zg="};
  sl_text out = {0};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_true(sl_base64_decode(rows[i][0], &out));
    assert_string_equal(sl_text_z(&out), rows[i][1]);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_false(sl_base64_decode(bad[i], &out));
  sl_text_free(&out);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(csv_with_everything, set_up, tear_down),
      cmocka_unit_test_setup_teardown(jsonl_with_inline_bytes, set_up, tear_down),
      cmocka_unit_test_setup_teardown(inline_bytes_are_told_apart_by_content, set_up, tear_down),
      cmocka_unit_test_setup_teardown(paths_stay_below_the_manifest, set_up, tear_down),
      cmocka_unit_test_setup_teardown(headers_are_optional, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_bar_in_a_label, set_up, tear_down),
      cmocka_unit_test_setup_teardown(broken_twins, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_line_has_an_end, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_full_record_has_no_room_left, set_up, tear_down),
      cmocka_unit_test_setup_teardown(many_columns_are_bounded, set_up, tear_down),
      cmocka_unit_test_setup_teardown(csv_records, set_up, tear_down),
      cmocka_unit_test(base64_of_rfc_4648),
  };
  return cmocka_run_group_tests_name("manifest", tests, NULL, NULL);
}
