# SPDX-License-Identifier: Apache-2.0
"""Whether two .onnx files say the same, judged on the wire with the standard library alone.

Messages become sorted lists of (field, value). Order counts where ONNX gives it a meaning: among
inputs, outputs and items of attributes. It does not among nodes (as long as makers come first),
initializers and what is said about values. Numbers of tensors become bytes, whatever field they
were in. Start at difference().
"""

import struct

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5

# Message -> field -> what its bytes are: another message, "text", or "bytes" when absent.
# "packed" numbers are listed with their struct letter ("q" for varints).
SCHEMA = {
    "model": {2: "text", 3: "text", 4: "text", 6: "text", 7: "graph", 8: "opset", 14: "entry",
              25: "function"},
    "opset": {1: "text"},
    "entry": {1: "text", 2: "text"},
    "graph": {1: "node", 2: "text", 5: "tensor", 10: "text", 11: "value", 12: "value", 13: "value",
              14: "bytes", 15: "sparse", 16: "entry"},
    "function": {1: "text", 4: "text", 5: "text", 6: "text", 7: "node", 8: "text", 9: "opset",
                 10: "text", 11: "attribute", 12: "value", 13: "text", 14: "entry"},
    "node": {1: "text", 2: "text", 3: "text", 4: "text", 5: "attribute", 6: "text", 7: "text",
             8: "text", 9: "entry"},
    "attribute": {1: "text", 4: "bytes", 5: "tensor", 6: "graph", 7: "f", 8: "q", 9: "bytes",
                  10: "tensor", 11: "graph", 13: "text", 14: "type", 15: "type", 21: "text",
                  22: "sparse", 23: "sparse"},
    "value": {1: "text", 2: "type", 3: "text", 4: "entry"},
    "type": {1: "tensor_type", 6: "text"},
    "tensor_type": {2: "shape"},
    "shape": {1: "dim"},  # a negative size means a free one
    "dim": {2: "text", 3: "text"},
    "sparse": {1: "tensor", 2: "tensor", 3: "q"},
    "tensor": {1: "q", 4: "f", 5: "q", 6: "bytes", 7: "q", 8: "text", 9: "bytes", 10: "d", 11: "q",
               12: "text", 13: "entry", 16: "entry"},
}

# Fields whose order has no meaning, and those whose absence is their zero.
UNORDERED = {("graph", 1), ("graph", 5), ("graph", 13), ("graph", 15), ("function", 7),
             ("function", 12), ("node", 5)}
REPEATED_TEXT = {("node", 1), ("node", 2), ("function", 4), ("function", 5), ("function", 6),
                 ("entry", 1), ("entry", 2), ("attribute", 9), ("tensor", 6)}
DEFAULT_KINDS = {2: 1, 3: 2, 4: 3, 5: 4, 6: 5, 7: 6, 8: 7, 9: 8, 10: 9, 11: 10}
STRUCT_OF = {FIXED32: "f", FIXED64: "d"}


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def fields(data):
    """(number, wire type, value) of a message; values are ints or bytes."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        number, kind = tag >> 3, tag & 7
        if kind == VARINT:
            value, at = varint(data, at)
        elif kind == BYTES:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        else:
            size = 8 if kind == FIXED64 else 4
            value, at = data[at:at + size], at + size
        if at > len(data):
            raise ValueError("a field reaches past the end of its message")
        yield number, kind, value


def numbers(kind, value, letter):
    """The numbers of one packed or single field."""
    if kind != BYTES:
        return [value] if kind == VARINT else [value[:]]
    if letter == "q":
        found, at = [], 0
        while at < len(value):
            number, at = varint(value, at)
            found.append(number)
        return found
    size = struct.calcsize(letter)
    return [value[i:i + size] for i in range(0, len(value), size)]


def plain(message, data, folder):
    """A message as a sorted list of (field, value), without what has no meaning."""
    if message == "tensor":
        return plain_tensor(data, folder)
    found = []
    for number, kind, value in fields(data):
        what = SCHEMA[message].get(number, "bytes")
        if message == "dim" and kind == VARINT and value >> 63:
            continue
        if what in ("f", "q", "d"):
            found += [(number, item) for item in numbers(kind, value, what)]
        elif kind == BYTES and what in SCHEMA:
            found.append((number, plain(what, value, folder)))
        elif message in ("node", "opset", "function") and value == b"ai.onnx":
            continue
        elif value not in (b"", 0) or (message, number) in REPEATED_TEXT or (
                message in ("attribute", "dim") and number < 4):
            found.append((number, value))
    if message == "attribute" and not any(number == 20 for number, _ in found):
        found.append((20, DEFAULT_KINDS[max(n for n, _ in found if n in DEFAULT_KINDS)]))
    if message == "graph":
        found = without_dangling(found)
    return arrange(message, found)


def arrange(message, found):
    """Fields by number; those without an order by what they hold."""
    found.sort(key=lambda item: (item[0], repr(item[1]) if (message, item[0]) in UNORDERED else ""))
    return found


def name_of(value):
    return next((text for number, text in value if number == 1), b"")


def without_dangling(found):
    """A graph without ValueInfo of ports, which say it themselves, and of names nobody has."""
    ports = {name_of(value) for number, value in found if number in (11, 12)}
    names = {text for number, value in found if number == 1 for n, text in value if n in (1, 2)}
    return [(number, value) for number, value in found
            if number != 13 or (name_of(value) in names and name_of(value) not in ports)]


# ---- tensors ------------------------------------------------------------------------------------

WIDTHS = {1: 4, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8, 12: 4, 13: 8, 14: 4, 15: 8,
          16: 2}


def plain_tensor(data, folder):
    """Type, dims, name and the bytes of the elements; external data are read."""
    kept, entries, raw, typed, element, external = [], {}, None, [], 0, False
    for number, kind, value in fields(data):
        if number == 9:
            raw = value
        elif number in (4, 5, 7, 10, 11):
            typed += numbers(kind, value, SCHEMA["tensor"][number])
        elif number == 13:
            entry = dict(plain("entry", value, folder))
            entries[entry[1].decode()] = entry[2].decode()
        elif number == 14:
            external = value == 1
        elif number == 1:
            kept += [(1, item) for item in numbers(kind, value, "q")]
        else:
            element = value if number == 2 else element
            kept.append((number, value))
    if external:
        raw = external_bytes(entries, folder)
    if raw is None and typed:
        width = WIDTHS.get(element, 1)
        raw = b"".join(item if isinstance(item, bytes) else
                       (item & ((1 << 8 * width) - 1)).to_bytes(width, "little") for item in typed)
    if raw:
        kept.append((9, raw))
    return arrange("tensor", kept)


def external_bytes(entries, folder):
    whole = (folder / entries["location"]).read_bytes()
    start = int(entries.get("offset", 0))
    return whole[start:start + int(entries["length"])] if "length" in entries else whole[start:]


# ---- comparison ---------------------------------------------------------------------------------

def difference(before, after, folder):
    """None when both say the same, else where they part, as a path of field numbers."""
    a, b, path = plain("model", before, folder), plain("model", after, folder), []
    while a != b:
        if not (isinstance(a, list) and isinstance(b, list)):
            break
        index = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
        if index >= len(a) or index >= len(b) or a[index][0] != b[index][0]:
            path.append(f"item {index} is there once only")
            break
        path.append(str(a[index][0]))
        a, b = a[index][1], b[index][1]
    if a == b:
        return None
    return f"field {'.'.join(path)}: {str(a)[:60]!r} became {str(b)[:60]!r}"
