// SPDX-License-Identifier: Apache-2.0
// The tables of the catalogue, as numbered migrations.
//
// Invariant: a released migration never changes, because files in the field must equal what it
// made. Names, roots and paths are BLOBs: they hold any bytes a file name can.
#include "store/migrations.h"

#include "store/catalogue.h"

// Samples are found again by the file they came from and by their bytes. `content_at` is the first
// 8 bytes of the hash as a number: a third of the index, and equal bytes are compared in full.
// Both indexes are small enough per row to keep inserts sequential in the table itself.
static const char first[] =
    "CREATE TABLE journal("
    "  id INTEGER PRIMARY KEY, op TEXT NOT NULL, params TEXT NOT NULL, status TEXT NOT NULL,"
    "  error TEXT, started_ms INTEGER NOT NULL, finished_ms INTEGER NOT NULL,"
    "  version TEXT NOT NULL, parent INTEGER REFERENCES journal(id), owner TEXT NOT NULL) STRICT;"
    "CREATE INDEX journal_running ON journal(owner) WHERE status = 'running';"
    "CREATE TABLE journal_link("
    "  journal INTEGER NOT NULL REFERENCES journal(id), writes INTEGER NOT NULL,"
    "  what TEXT NOT NULL, UNIQUE(journal, writes, what)) STRICT;"
    "CREATE INDEX journal_link_what ON journal_link(what, writes, journal);"

    "CREATE TABLE dataset("
    "  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, created_ms INTEGER NOT NULL) STRICT;"
    "CREATE TABLE version("
    "  id INTEGER PRIMARY KEY, dataset INTEGER NOT NULL REFERENCES dataset(id),"
    "  seq INTEGER NOT NULL, key TEXT NOT NULL, parent INTEGER REFERENCES version(id),"
    "  samples INTEGER NOT NULL, labelled INTEGER NOT NULL, broken INTEGER NOT NULL,"
    "  duplicates INTEGER NOT NULL, added INTEGER NOT NULL, removed INTEGER NOT NULL,"
    "  relabelled INTEGER NOT NULL, moved INTEGER NOT NULL, format TEXT NOT NULL,"
    "  source BLOB NOT NULL, classes TEXT, state TEXT NOT NULL,"
    "  journal INTEGER REFERENCES journal(id), created_ms INTEGER NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX version_seq ON version(dataset, seq) WHERE state = 'ready';"
    "CREATE INDEX version_key ON version(dataset, key);"

    "CREATE TABLE root(id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE) STRICT;"
    "CREATE TABLE sample("
    "  id INTEGER PRIMARY KEY, dataset INTEGER NOT NULL REFERENCES dataset(id), name BLOB,"
    "  root INTEGER NOT NULL REFERENCES root(id), path BLOB NOT NULL, offset INTEGER NOT NULL,"
    "  length INTEGER NOT NULL, item INTEGER NOT NULL, content BLOB NOT NULL,"
    "  content_at INTEGER NOT NULL, size_bytes INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,"
    "  format TEXT, width INTEGER NOT NULL, height INTEGER NOT NULL, bits INTEGER NOT NULL,"
    "  mode TEXT, orientation INTEGER NOT NULL, has_gps INTEGER NOT NULL, camera TEXT,"
    "  taken_at TEXT, label TEXT, labels TEXT, split TEXT, fields TEXT, error TEXT,"
    "  journal INTEGER) STRICT;"
    "CREATE INDEX sample_file ON sample(root, path, item);"
    "CREATE INDEX sample_content ON sample(content_at);"

    "CREATE TABLE model("
    "  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, path BLOB NOT NULL, name TEXT NOT NULL,"
    "  size_bytes INTEGER NOT NULL, contract TEXT, metadata TEXT, created_ms INTEGER NOT NULL,"
    "  journal INTEGER REFERENCES journal(id)) STRICT;"
    "CREATE TABLE run("
    "  id INTEGER PRIMARY KEY, key TEXT NOT NULL, model INTEGER REFERENCES model(id),"
    "  version INTEGER NOT NULL REFERENCES version(id), name TEXT NOT NULL, pipeline TEXT,"
    "  head TEXT, state TEXT NOT NULL, created_ms INTEGER NOT NULL, finished_ms INTEGER NOT NULL,"
    "  samples INTEGER NOT NULL, scored INTEGER NOT NULL, batch INTEGER NOT NULL,"
    "  threads INTEGER NOT NULL, provider TEXT, notes TEXT, classes TEXT,"
    "  journal INTEGER REFERENCES journal(id), owner TEXT NOT NULL) STRICT;"
    "CREATE INDEX run_key ON run(key);"
    "CREATE TABLE run_chunk("
    "  run INTEGER NOT NULL REFERENCES run(id), first INTEGER NOT NULL, count INTEGER NOT NULL,"
    "  PRIMARY KEY(run, first)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE job("
    "  id INTEGER PRIMARY KEY, op TEXT NOT NULL, params TEXT NOT NULL, state TEXT NOT NULL,"
    "  done INTEGER NOT NULL, total INTEGER NOT NULL, message TEXT, result TEXT, error TEXT,"
    "  created_ms INTEGER NOT NULL, finished_ms INTEGER NOT NULL, owner TEXT NOT NULL) STRICT;"

    "CREATE TABLE column_file("
    "  id INTEGER PRIMARY KEY, owner_kind TEXT NOT NULL, owner INTEGER NOT NULL,"
    "  name TEXT NOT NULL, type TEXT NOT NULL, rows INTEGER NOT NULL, cols INTEGER NOT NULL,"
    "  size_bytes INTEGER NOT NULL, file TEXT NOT NULL UNIQUE,"
    "  UNIQUE(owner_kind, owner, name)) STRICT;"
    "CREATE TABLE partial_file("
    "  id INTEGER PRIMARY KEY, owner_kind TEXT NOT NULL, owner INTEGER NOT NULL,"
    "  name TEXT NOT NULL, type TEXT NOT NULL, rows INTEGER NOT NULL, cols INTEGER NOT NULL,"
    "  file TEXT NOT NULL UNIQUE, UNIQUE(owner_kind, owner, name)) STRICT;"

    "CREATE TABLE blob("
    "  key TEXT PRIMARY KEY, size_bytes INTEGER NOT NULL, mime TEXT NOT NULL,"
    "  created_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE result("
    "  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, text TEXT NOT NULL,"
    "  created_ms INTEGER NOT NULL) STRICT;";

const char *const sl_migrations[] = {first};

int sl_catalogue_newest(void) { return (int)(sizeof sl_migrations / sizeof *sl_migrations); }
