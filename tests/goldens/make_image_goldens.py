# SPDX-License-Identifier: Apache-2.0
"""Writes tests/data/image/: small files of every kind, and what Pillow and OpenCV decode from them.

Made with Pillow 13.0.0, opencv-python-headless 5.0.0.93 and numpy 2.4.6; run from the repository
root: python3 tests/goldens/make_image_goldens.py

`goldens.txt` has one row per decoding:
    file library colour exif width height channels sha256-of-the-pixels
where colour is rgb, grey (what .convert("RGB"/"L") and IMREAD_COLOR/GRAYSCALE give; OpenCV's BGR is
stored as RGB) or native (IMREAD_UNCHANGED in RGBA order), exif is 0 or 1 for "turned by EXIF
orientation" or - when both are the same; "refused" stands for the pixels when the library
refuses the file.
"""
import hashlib
import io
import struct
import warnings
import zlib
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps

OUT = Path("tests/data/image")
NATIVE = set()
# Where a library is wrong, and we do not follow it.
WRONG = {
    ("pillow", "tiff_planar16.tif"): "reads one byte of each 16-bit sample",
    ("pillow", "webp_animated.webp"): "animations are refused by us",
    ("opencv", "webp_animated.webp"): "animations are refused by us",
}
warnings.simplefilter("ignore")


def picture(width, height, channels=3, top=255, seed=7):
    """A smooth field with edges and a little noise: everything a codec may get wrong."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    planes = []
    for c in range(channels):
        wave = 0.5 + 0.3 * np.sin(x / (3.1 + c) + c) + 0.2 * np.cos(y / (2.3 + c))
        wave += 0.25 * (((x // 5 + y // 7 + c) % 3) - 1)
        wave += rng.normal(0, 0.04, wave.shape)
        planes.append(np.clip(wave, 0, 1) * top)
    dtype = np.uint16 if top > 255 else np.uint8
    pixels = np.stack(planes, axis=-1).astype(dtype)
    pixels.reshape(-1, channels)[0] = 0
    pixels.reshape(-1, channels)[-1] = top
    return pixels[..., 0] if channels == 1 else pixels


def put(name, data, native=False):
    (OUT / name).write_bytes(data)
    if native:
        NATIVE.add(name)


def pillow_file(pixels, fmt, mode=None, **options):
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels, mode)
    stream = io.BytesIO()
    image.save(stream, fmt, **options)
    return stream.getvalue()


# ---- JPEG ----------------------------------------------------------------------------------------

SIZES = [(1, 1), (1, 9), (9, 1), (2, 2), (17, 13), (33, 19), (40, 32)]


def insert_after_soi(jpeg, segment):
    return jpeg[:2] + segment + jpeg[2:]


def app1(payload):
    return b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload


def jpeg_files():
    for width, height in SIZES:
        rgb = picture(width, height)
        size = f"{width}x{height}"
        for code, name in ((0, "444"), (1, "422"), (2, "420")):
            put(f"jpeg_{name}_{size}.jpg", pillow_file(rgb, "JPEG", quality=85, subsampling=code))
        for code, name in ((cv2.IMWRITE_JPEG_SAMPLING_FACTOR_411, "411"),
                           (cv2.IMWRITE_JPEG_SAMPLING_FACTOR_440, "440")):
            ok, data = cv2.imencode(".jpg", rgb[..., ::-1].copy(), [
                cv2.IMWRITE_JPEG_SAMPLING_FACTOR, code, cv2.IMWRITE_JPEG_QUALITY, 85])
            assert ok
            put(f"jpeg_{name}_{size}.jpg", data.tobytes())
    rgb, grey, cmyk = picture(33, 19), picture(33, 19, 1), picture(33, 19, 4)
    put("jpeg_grey.jpg", pillow_file(grey, "JPEG", quality=85))
    put("jpeg_progressive.jpg", pillow_file(rgb, "JPEG", quality=70, progressive=True))
    put("jpeg_progressive_grey.jpg", pillow_file(grey, "JPEG", quality=70, progressive=True))
    put("jpeg_rgb.jpg", pillow_file(rgb, "JPEG", quality=85, keep_rgb=True))
    put("jpeg_low_quality.jpg", pillow_file(rgb, "JPEG", quality=5))
    ok, data = cv2.imencode(".jpg", rgb, [cv2.IMWRITE_JPEG_RST_INTERVAL, 2])
    put("jpeg_restarts.jpg", data.tobytes())
    adobe = pillow_file(cmyk, "JPEG", "CMYK", quality=90)
    put("jpeg_cmyk.jpg", adobe)
    at = adobe.index(b"Adobe")
    put("jpeg_ycck.jpg", adobe[:at + 11] + b"\x02" + adobe[at + 12:])
    put("jpeg_cmyk_no_adobe.jpg", adobe[:at - 4] + adobe[at + 12:])
    put("jpeg_trailing_garbage.jpg",
        pillow_file(rgb, "JPEG") + b"garbage \xff\xd8\xff after the end")


# ---- EXIF ----------------------------------------------------------------------------------------

def ifd(order, entries, next_offset=0):
    out = struct.pack(order + "H", len(entries))
    for tag, kind, count, value in entries:
        if isinstance(value, int):
            code = {3: "Hxx", 4: "I"}.get(kind, "I")
            value = struct.pack(order + code, value)
        out += struct.pack(order + "HHI", tag, kind, count) + value.ljust(4, b"\0")[:4]
    return out + struct.pack(order + "I", next_offset)


def exif_block(order, entries, extra=b"", start=8, next_offset=0):
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, start)
    return head + ifd(order, entries, next_offset) + extra


def with_exif(base, block):
    return insert_after_soi(base, app1(b"Exif\0\0" + block))


def exif_files():
    base = pillow_file(picture(17, 9), "JPEG", quality=90, subsampling=2)
    one = lambda value, order="<", kind=3, count=1: exif_block(
        order, [(0x112, kind, count, value)])
    for value in range(1, 9):
        put(f"exif_{value}.jpg", with_exif(base, one(value, "<" if value % 2 else ">")))
    for value in (0, 9, 65535):
        put(f"exif_bad_{value}.jpg", with_exif(base, one(value)))
    put("exif_long_le.jpg", with_exif(base, one(6, "<", 4)))
    put("exif_long_be.jpg", with_exif(base, one(6, ">", 4)))
    put("exif_two_values.jpg", with_exif(base, exif_block("<", [(0x112, 3, 2, b"\6\0\6\0")])))
    put("exif_byte.jpg", with_exif(base, exif_block("<", [(0x112, 1, 1, b"\6\0\0\0")])))
    put("exif_bad_order.jpg", with_exif(base, b"XX" + one(6)[2:]))
    put("exif_bad_magic.jpg", with_exif(base, one(6)[:2] + b"\x2b\0" + one(6)[4:]))
    put("exif_empty.jpg", with_exif(base, b""))
    put("exif_cut.jpg", with_exif(base, one(6)[:20]))
    put("exif_no_next.jpg", with_exif(base, one(6)[:-4]))
    put("exif_count_too_big.jpg", with_exif(base, one(6)[:8] + b"\xff\xff" + one(6)[10:]))
    put("exif_self_ifd.jpg", with_exif(base, exif_block(
        "<", [(0x112, 3, 1, 6), (0x8769, 4, 1, 8)], next_offset=8)))
    put("exif_far_ifd.jpg", with_exif(base, exif_block("<", [(0x112, 3, 1, 6)], start=0xFFFFFFF0)))
    string = b"x" * 60000 + b"\0"
    put("exif_long_string.jpg", with_exif(base, exif_block(
        "<", [(0x10F, 2, len(string), 8 + 2 + 24 + 4), (0x112, 3, 1, 6)], string)))
    put("exif_string_beyond.jpg", with_exif(base, exif_block(
        "<", [(0x10F, 2, 0x7FFFFFFF, 38), (0x112, 3, 1, 6)])))
    put("exif_string_beyond_after.jpg", with_exif(base, exif_block(
        "<", [(0x112, 3, 1, 6), (0x131, 2, 0x7FFFFFFF, 38)])))
    put("exif_unknown_beyond.jpg", with_exif(base, exif_block(
        "<", [(0xC000, 2, 0x7FFFFFFF, 38), (0x112, 3, 1, 6)])))
    put("exif_twice.jpg", with_exif(base, exif_block("<", [(0x112, 3, 1, 6), (0x112, 3, 1, 3)])))
    xmp = b'http://ns.adobe.com/xap/1.0/\0<x:xmpmeta><rdf:Description tiff:Orientation="%d"/>'
    put("exif_xmp_only.jpg", insert_after_soi(base, app1(xmp % 6)))
    put("exif_xmp_before.jpg", insert_after_soi(with_exif(base, one(8)), app1(xmp % 6)))
    put("exif_xmp_after.jpg", base[:2] + app1(b"Exif\0\0" + one(8)) + app1(xmp % 6) + base[2:])
    put("exif_two_blocks.jpg", base[:2] + app1(b"Exif\0\0" + one(8)) +
        app1(b"Exif\0\0" + one(6)) + base[2:])
    make, model, taken = b"Acme\0", b"Eye \x1b[31m2\0", b"2026:11:24 21:19:05\0"
    at = 8 + 2 + 12 * 5 + 4
    sub = at + len(make) + len(model)
    block = exif_block("<", [
        (0x10F, 2, len(make), at), (0x110, 2, len(model), at + len(make)), (0x112, 3, 1, 6),
        (0x8769, 4, 1, sub), (0x8825, 4, 1, sub)],
        make + model + ifd("<", [(0x9003, 2, len(taken), sub + 18)]) + taken)
    put("exif_camera.jpg", with_exif(base, block))
    grey = pillow_file(picture(17, 9, 1), "JPEG", quality=90)
    put("exif_grey_6.jpg", with_exif(grey, one(6)))
    # Other containers.
    rgb = picture(17, 9)
    png = png_bytes(rgb, 8, 2)
    put("exif_png_6.png", png[:33] + chunk(b"eXIf", one(6)) + png[33:])
    put("exif_png_after.png", png[:-12] + chunk(b"eXIf", one(6)) + png[-12:])
    put("exif_png_prefix.png", png[:33] + chunk(b"eXIf", b"Exif\0\0" + one(6)) + png[33:])
    put("exif_png_xmp.png", png[:33] + chunk(
        b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + (xmp % 6)[29:]) + png[33:])
    put("exif_webp_6.webp", pillow_file(rgb, "WEBP", lossless=True, exif=one(6)))
    put("exif_webp_prefix.webp", pillow_file(rgb, "WEBP", lossless=True, exif=b"Exif\0\0" + one(6)))
    for value in range(1, 9):
        put(f"tiff_orientation_{value}.tif", tiff_bytes(rgb, extra_tags={274: (3, [value])}))
    put("tiff_orientation_big_6.tif", tiff_bytes(rgb, extra_tags={274: (3, [6])}, big=True))
    put("tiff_orientation_0.tif", tiff_bytes(rgb, extra_tags={274: (3, [0])}))
    put("tiff_orientation_9.tif", tiff_bytes(rgb, extra_tags={274: (3, [9])}))
    put("tiff_orientation_16bit_6.tif", tiff_bytes(
        picture(17, 9, 3, 65535), extra_tags={274: (3, [6])}))


# ---- PNG -----------------------------------------------------------------------------------------

def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(
        ">I", zlib.crc32(kind + data))


def pack_rows(pixels, bits, filters=False):
    rows = []
    previous = None
    for row in pixels.reshape(pixels.shape[0], -1):
        if bits == 16:
            line = row.astype(">u2").tobytes()
        elif bits == 8:
            line = row.astype(np.uint8).tobytes()
        else:
            spread = ((row[:, None] >> np.arange(bits - 1, -1, -1)) & 1).astype(np.uint8)
            line = np.packbits(spread.reshape(-1)).tobytes()
        up = previous if previous is not None else bytes(len(line))
        if filters:
            kept = bytes((a - b) & 255 for a, b in zip(line, up))
            rows.append(b"\2" + kept)
        else:
            rows.append(b"\0" + line)
        previous = line
    return b"".join(rows)


ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
         (0, 1, 1, 2)]


def png_bytes(pixels, bits, colour_type, palette=None, trns=None, interlaced=False, extra=b"",
              split=None):
    height, width = pixels.shape[:2]
    if interlaced:
        raw = b""
        for x0, y0, dx, dy in ADAM7:
            part = pixels[y0::dy, x0::dx]
            if part.size:
                raw += pack_rows(part, bits)
    else:
        raw = pack_rows(pixels, bits, filters=True)
    data = zlib.compress(raw, 9)
    pieces = [data] if not split else [data[i:i + split] for i in range(0, len(data), split)]
    out = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(
        ">IIBBBBB", width, height, bits, colour_type, 0, 0, int(interlaced))) + extra
    if palette is not None:
        out += chunk(b"PLTE", palette.astype(np.uint8).tobytes())
    if trns is not None:
        out += chunk(b"tRNS", trns)
    return out + b"".join(chunk(b"IDAT", p) for p in pieces) + chunk(b"IEND", b"")


def png_files():
    for width, height in ((1, 1), (1, 5), (5, 1), (13, 9), (21, 10)):
        size = f"{width}x{height}"
        for bits in (1, 2, 4, 8, 16):
            top = (1 << bits) - 1
            grey = picture(width, height, 1, top)
            put(f"png_grey{bits}_{size}.png", png_bytes(grey, bits, 0), native=True)
            if width > 5:
                put(f"png_grey{bits}_interlaced.png", png_bytes(grey, bits, 0, interlaced=True))
            if bits <= 8:
                rng = np.random.default_rng(bits)
                palette = rng.integers(0, 256, (1 << bits, 3))
                put(f"png_palette{bits}_{size}.png", png_bytes(grey, bits, 3, palette))
                if width > 5:
                    put(f"png_palette{bits}_interlaced.png",
                        png_bytes(grey, bits, 3, palette, interlaced=True))
        for bits in (8, 16):
            top = (1 << bits) - 1
            for colour_type, channels, name in ((2, 3, "rgb"), (4, 2, "ga"), (6, 4, "rgba")):
                pixels = picture(width, height, channels, top)
                put(f"png_{name}{bits}_{size}.png", png_bytes(pixels, bits, colour_type),
                    native=name != "ga")
                if width > 5:
                    put(f"png_{name}{bits}_interlaced.png",
                        png_bytes(pixels, bits, colour_type, interlaced=True))
    rng = np.random.default_rng(1)
    index = rng.integers(0, 256, (9, 13)).astype(np.uint8)
    palette = rng.integers(0, 256, (256, 3))
    put("png_palette_trns.png", png_bytes(index, 8, 3, palette, bytes(range(256))), native=True)
    put("png_palette_trns_one.png", png_bytes(index, 8, 3, palette, b"\xff" * 9 + b"\0"))
    put("png_palette_short.png", png_bytes(index, 8, 3, palette[:100]))
    put("png_grey_trns.png", png_bytes(index, 8, 0, trns=struct.pack(">H", int(index[3, 3]))))
    put("png_grey1_trns.png", png_bytes(index & 1, 1, 0, trns=b"\0\1"))
    rgb = picture(13, 9)
    put("png_rgb_trns.png", png_bytes(rgb, 8, 2, trns=struct.pack(">HHH", *map(int, rgb[4, 4]))),
        native=True)
    deep = picture(13, 9, 3, 65535)
    deep_colour = struct.pack(">HHH", *map(int, deep[4, 4]))
    put("png_rgb16_trns.png", png_bytes(deep, 16, 2, trns=deep_colour))
    put("png_small_idats.png", png_bytes(rgb, 8, 2, split=7))
    put("png_suggested_palette.png", png_bytes(rgb, 8, 2, palette))
    big = picture(61, 40)
    put("png_rgb_pillow.png", pillow_file(big, "PNG"))
    ok, data = cv2.imencode(".png", big)
    put("png_rgb_opencv.png", data.tobytes())
    gamma = lambda value: chunk(b"gAMA", struct.pack(">I", value))
    for value in (45455, 100000, 55000, 99000, 30000):
        put(f"png_gamma_{value}.png", png_bytes(rgb, 8, 2, extra=gamma(value)))
    put("png_gamma_rgb16.png", png_bytes(deep, 16, 2, extra=gamma(45455)))
    put("png_gamma_palette.png", png_bytes(index, 8, 3, palette, extra=gamma(45455)))
    put("png_gamma_rgba.png", png_bytes(picture(13, 9, 4), 8, 6, extra=gamma(45455)))
    put("png_srgb.png", png_bytes(rgb, 8, 2, extra=chunk(b"sRGB", b"\0")))
    put("png_srgb_gamma.png", png_bytes(rgb, 8, 2, extra=gamma(45455) + chunk(b"sRGB", b"\0")))
    chrm = chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000))
    put("png_chrm_gamma.png", png_bytes(rgb, 8, 2, extra=gamma(45455) + chrm))
    put("png_chrm.png", png_bytes(rgb, 8, 2, extra=chrm))
    bomb = zlib.compress(bytes(1 << 24), 9)
    put("png_ztxt_bomb.png", png_bytes(rgb, 8, 2, extra=chunk(b"zTXt", b"bomb\0\0" + bomb)))
    put("png_iccp_bomb.png", png_bytes(rgb, 8, 2, extra=chunk(b"iCCP", b"bomb\0\0" + bomb)))
    put("png_trailing_garbage.png", png_bytes(rgb, 8, 2) + b"garbage")


# ---- WebP ----------------------------------------------------------------------------------------

def webp_files():
    for width, height in SIZES:
        size = f"{width}x{height}"
        rgb, rgba = picture(width, height), picture(width, height, 4)
        put(f"webp_lossy_{size}.webp", pillow_file(rgb, "WEBP", quality=70))
        put(f"webp_lossless_{size}.webp", pillow_file(rgb, "WEBP", lossless=True), native=True)
        put(f"webp_alpha_{size}.webp", pillow_file(rgba, "WEBP", quality=70))
        put(f"webp_lossless_alpha_{size}.webp",
            pillow_file(rgba, "WEBP", lossless=True, exact=True), native=True)
    clear = picture(16, 16, 4)
    clear[..., 3] = np.where(clear[..., 3] > 128, 255, 0)
    put("webp_clear.webp", pillow_file(clear, "WEBP", quality=60, exact=True))
    frames = [Image.fromarray(picture(16, 16, seed=s)) for s in (1, 2)]
    put("webp_animated.webp", pillow_file(frames[0], "WEBP", save_all=True,
                                          append_images=frames[1:], lossless=True))


# ---- TIFF ----------------------------------------------------------------------------------------

def pack_bits(data):
    out = b""
    for i in range(0, len(data), 128):
        piece = data[i:i + 128]
        out += bytes([len(piece) - 1]) + piece
    return out


def difference(rows, samples):
    out = rows.copy()
    out[:, samples:] = rows[:, samples:] - rows[:, :-samples]
    return out


def fold_bits(byte):
    return int(f"{byte:08b}"[::-1], 2)


def encode_block(part, order, bits, compression, predictor, fill_order):
    """One strip or tile: rows of samples to the bytes of the file."""
    count = part.shape[2]
    flat = part.reshape(part.shape[0], -1)
    if predictor == 2:
        flat = difference(flat, count)
    if bits == 16:
        lines = [row.astype(order + "u2").tobytes() for row in flat]
    elif bits == 8:
        lines = [row.astype(np.uint8).tobytes() for row in flat]
    else:
        spread = (flat[..., None] >> np.arange(bits - 1, -1, -1)) & 1
        lines = [np.packbits(row.astype(np.uint8).reshape(-1)).tobytes() for row in spread]
    if fill_order == 2:
        lines = [bytes(fold_bits(byte) for byte in line) for line in lines]
    if compression == 8:
        return zlib.compress(b"".join(lines))
    if compression == 32773:
        return b"".join(pack_bits(line) for line in lines)
    return b"".join(lines)


def blocks_of(planes, rows, tile):
    for plane in planes:
        height, width = plane.shape[:2]
        if not tile:
            for y in range(0, height, rows):
                yield plane[y:y + rows]
            continue
        for y in range(0, height, tile):
            for x in range(0, width, tile):
                part = plane[y:y + tile, x:x + tile]
                full = np.zeros((tile, tile, part.shape[2]), part.dtype)
                full[:part.shape[0], :part.shape[1]] = part
                yield full


def assemble_tiff(order, big, tags, blocks, offsets_tag):
    """Header, blocks, directory, and the values that do not fit into it."""
    offsets, at = [], 16 if big else 8
    for block in blocks:
        offsets.append(at)
        at += len(block)
    tags[offsets_tag] = (4, offsets)
    at += at % 2
    inline = 8 if big else 4
    entries, extra = b"", b""
    extra_at = at + (8 + 20 * len(tags) + 8 if big else 2 + 12 * len(tags) + 4)
    for tag in sorted(tags):
        kind, values = tags[tag]
        data = struct.pack(order + {3: "H", 4: "I"}[kind] * len(values), *values)
        if len(data) > inline:
            field = struct.pack(order + ("Q" if big else "I"), extra_at + len(extra))
            extra += data + b"\0" * (len(data) % 2)
        else:
            field = data.ljust(inline, b"\0")
        entries += struct.pack(order + ("HHQ" if big else "HHI"), tag, kind, len(values)) + field
    mark = b"II" if order == "<" else b"MM"
    if big:
        out = mark + struct.pack(order + "HHHQ", 43, 8, 0, at)
        table = struct.pack(order + "Q", len(tags)) + entries + struct.pack(order + "Q", 0)
    else:
        out = mark + struct.pack(order + "HI", 42, at)
        table = struct.pack(order + "H", len(tags)) + entries + struct.pack(order + "I", 0)
    out += b"".join(blocks)
    return out + b"\0" * (at - len(out)) + table + extra


def tiff_bytes(pixels, order="<", photometric=None, bits=None, planar=1, rows=4, tile=None,
               compression=1, predictor=1, colormap=None, extra_samples=None, extra_tags=None,
               fill_order=1, big=False):
    height, width = pixels.shape[:2]
    samples = 1 if pixels.ndim == 2 else pixels.shape[2]
    bits = bits or pixels.dtype.itemsize * 8
    if photometric is None:
        photometric = 1 if samples < 3 else 2
    cube = pixels.reshape(height, width, samples)
    planes = [cube] if planar == 1 else [cube[..., i:i + 1] for i in range(samples)]
    blocks = [encode_block(part, order, bits, compression, predictor, fill_order)
              for part in blocks_of(planes, rows, tile)]
    sizes = (4, [len(block) for block in blocks])
    tags = {256: (4, [width]), 257: (4, [height]), 258: (3, [bits] * samples),
            259: (3, [compression]), 262: (3, [photometric]), 277: (3, [samples]),
            284: (3, [planar])}
    if tile:
        tags |= {322: (4, [tile]), 323: (4, [tile]), 325: sizes}
    else:
        tags |= {278: (4, [rows]), 279: sizes}
    if predictor != 1:
        tags[317] = (3, [predictor])
    if colormap is not None:
        tags[320] = (3, [int(v) for v in colormap.T.reshape(-1)])
    if extra_samples is not None:
        tags[338] = (3, extra_samples)
    if fill_order != 1:
        tags[266] = (3, [fill_order])
    tags |= extra_tags or {}
    return assemble_tiff(order, big, tags, blocks, 324 if tile else 273)


def tiff_files():
    for width, height in ((1, 1), (1, 9), (9, 1), (19, 11)):
        size = f"{width}x{height}"
        rgb, grey = picture(width, height), picture(width, height, 1)
        put(f"tiff_rgb_{size}.tif", tiff_bytes(rgb), native=True)
        put(f"tiff_grey_{size}.tif", tiff_bytes(grey), native=True)
        put(f"tiff_grey16_{size}.tif", tiff_bytes(picture(width, height, 1, 65535)), native=True)
        put(f"tiff_rgb16_{size}.tif", tiff_bytes(picture(width, height, 3, 65535)), native=True)
    rgb, grey = picture(37, 21), picture(37, 21, 1)
    rgba, deep, deep_grey = picture(37, 21, 4), picture(37, 21, 3, 65535), picture(37, 21, 1, 65535)
    deep_rgba = picture(37, 21, 4, 65535)
    for name in ("tiff_lzw", "tiff_adobe_deflate", "packbits"):
        put(f"tiff_rgb_{name}.tif", pillow_file(rgb, "TIFF", compression=name))
        put(f"tiff_grey_{name}.tif", pillow_file(grey, "TIFF", compression=name))
        put(f"tiff_grey16_{name}.tif", pillow_file(deep_grey, "TIFF", compression=name))
    ok, data = cv2.imencode(".tiff", deep)
    put("tiff_rgb16_opencv.tif", data.tobytes(), native=True)
    for order, name in (("<", "le"), (">", "be")):
        put(f"tiff_{name}_rgb16_deflate.tif", tiff_bytes(deep, order, compression=8), native=True)
        put(f"tiff_{name}_grey16.tif", tiff_bytes(deep_grey, order), native=True)
        put(f"tiff_{name}_grey16_predictor.tif",
            tiff_bytes(deep_grey, order, compression=8, predictor=2), native=True)
        put(f"tiff_{name}_rgba16.tif", tiff_bytes(deep_rgba, order, extra_samples=[2]), native=True)
    put("tiff_big.tif", tiff_bytes(rgb, big=True))
    put("tiff_rgb_predictor.tif", tiff_bytes(rgb, compression=8, predictor=2))
    put("tiff_rgb_packbits.tif", tiff_bytes(rgb, compression=32773))
    put("tiff_planar.tif", tiff_bytes(rgb, planar=2))
    put("tiff_planar_deflate.tif", tiff_bytes(rgb, planar=2, compression=8))
    put("tiff_planar16_deflate.tif", tiff_bytes(deep, planar=2, compression=8))
    put("tiff_planar16.tif", tiff_bytes(deep, planar=2))
    put("tiff_tiled.tif", tiff_bytes(rgb, tile=16))
    put("tiff_tiled_deflate.tif", tiff_bytes(rgb, tile=16, compression=8))
    put("tiff_tiled_grey16_deflate.tif", tiff_bytes(deep_grey, tile=16, compression=8), native=True)
    put("tiff_tiled_planar_deflate.tif", tiff_bytes(rgb, tile=16, planar=2, compression=8))
    put("tiff_rgba_unassociated.tif", tiff_bytes(rgba, extra_samples=[2]))
    put("tiff_rgba_associated.tif", tiff_bytes(rgba, extra_samples=[1]))
    put("tiff_rgba_unspecified.tif", tiff_bytes(rgba, extra_samples=[0]))
    put("tiff_rgba_missing.tif", tiff_bytes(rgba))
    put("tiff_rgba16_associated.tif", tiff_bytes(deep_rgba, extra_samples=[1]))
    put("tiff_ga.tif", tiff_bytes(picture(37, 21, 2), extra_samples=[2]))
    put("tiff_cmyk.tif", tiff_bytes(rgba, photometric=5))
    put("tiff_cmyk_deflate.tif", tiff_bytes(rgba, photometric=5, compression=8))
    put("tiff_white_is_zero.tif", tiff_bytes(grey, photometric=0))
    put("tiff_white_is_zero16.tif", tiff_bytes(deep_grey, photometric=0))
    for bits in (1, 2, 4):
        low = picture(37, 21, 1, (1 << bits) - 1)
        put(f"tiff_grey{bits}.tif", tiff_bytes(low, bits=bits))
        put(f"tiff_grey{bits}_white_is_zero.tif", tiff_bytes(low, bits=bits, photometric=0))
        put(f"tiff_grey{bits}_fill2.tif", tiff_bytes(low, bits=bits, fill_order=2))
        put(f"tiff_grey{bits}_deflate.tif", tiff_bytes(low, bits=bits, compression=8))
        cmap = np.random.default_rng(bits).integers(0, 65536, (1 << bits, 3))
        put(f"tiff_palette{bits}.tif", tiff_bytes(low, bits=bits, photometric=3, colormap=cmap))
    cmap = np.random.default_rng(8).integers(0, 65536, (256, 3))
    put("tiff_palette8.tif", tiff_bytes(grey, photometric=3, colormap=cmap))
    put("tiff_palette8_deflate.tif", tiff_bytes(grey, photometric=3, colormap=cmap, compression=8))
    put("tiff_palette8_low.tif", tiff_bytes(grey, photometric=3, colormap=cmap >> 8))
    put("tiff_fill2.tif", tiff_bytes(rgb, fill_order=2))
    put("tiff_jpeg.tif", pillow_file(rgb, "TIFF", compression="jpeg"))
    black_white = Image.fromarray(grey).convert("1")
    put("tiff_g4.tif", pillow_file(black_white, "TIFF", compression="group4"))
    put("tiff_two_pages.tif", pillow_file(Image.fromarray(rgb), "TIFF", save_all=True,
                                          append_images=[Image.fromarray(grey)]))


# ---- BMP -----------------------------------------------------------------------------------------

def bmp_bytes(pixels, bits, palette=None, top_down=False, header=40, compression=0, masks=None,
              body=None, colours=None):
    height, width = pixels.shape[:2]
    lines = []
    for row in pixels:
        if bits >= 16:
            line = row.tobytes()
        elif bits == 8:
            line = row.astype(np.uint8).tobytes()
        else:
            spread = ((row[:, None] >> np.arange(bits - 1, -1, -1)) & 1).astype(np.uint8)
            line = np.packbits(spread.reshape(-1)).tobytes()
        lines.append(line.ljust((len(line) + 3) // 4 * 4, b"\0"))
    data = body if body is not None else b"".join(lines if top_down else lines[::-1])
    table = b""
    if palette is not None:
        table = b"".join(bytes([int(b), int(g), int(r)]) + (b"\0" if header > 12 else b"")
                         for r, g, b in palette)
    extra = b"" if masks is None else struct.pack("<" + "I" * len(masks), *masks)
    if header == 12:
        info = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", header, width, -height if top_down else height, 1, bits,
                           compression, len(data), 2835, 2835, colours or 0, 0)
        if header > 40:
            info += extra.ljust(header - 40, b"\0")
            extra = b""
    offset = 14 + len(info) + len(extra) + len(table)
    head = b"BM" + struct.pack("<IHHI", offset + len(data), 0, 0, offset)
    return head + info + extra + table + data


def run_length(index, four_bit):
    out = b""
    for row in index[::-1]:
        x = 0
        while x < len(row):
            run = 1
            while x + run < len(row) and row[x + run] == row[x] and run < 255:
                run += 1
            if run > 1 or len(row) - x < 5:
                value = int(row[x]) * 17 if four_bit else int(row[x])
                out += bytes([run, value])
                x += run
            else:
                literal = [int(v) for v in row[x:x + 5]]
                if four_bit:
                    literal.append(0)
                    data = bytes(literal[i] << 4 | literal[i + 1] for i in range(0, 6, 2))
                else:
                    data = bytes(literal)
                out += bytes([0, 5]) + data.ljust((len(data) + 1) // 2 * 2, b"\0")
                x += 5
        out += b"\0\0"
    return out + b"\0\1"


def bmp_files():
    rng = np.random.default_rng(5)
    for width, height in ((1, 1), (1, 5), (9, 1), (13, 7)):
        size = f"{width}x{height}"
        bgr = picture(width, height)
        put(f"bmp_24_{size}.bmp", bmp_bytes(bgr, 24))
        put(f"bmp_24_top_down_{size}.bmp", bmp_bytes(bgr, 24, top_down=True))
        put(f"bmp_32_{size}.bmp", bmp_bytes(picture(width, height, 4), 32))
        for bits in (1, 4, 8):
            index = picture(width, height, 1, (1 << bits) - 1)
            palette = rng.integers(0, 256, (1 << bits, 3))
            put(f"bmp_{bits}_{size}.bmp", bmp_bytes(index, bits, palette))
        words = rng.integers(0, 65536, (height, width)).astype("<u2")
        put(f"bmp_555_{size}.bmp", bmp_bytes(words, 16))
        put(f"bmp_565_{size}.bmp", bmp_bytes(words, 16, compression=3, masks=(0xF800, 0x7E0, 0x1F)))
    index = picture(13, 7, 1)
    ramp = np.repeat(np.arange(256)[:, None], 3, axis=1)
    put("bmp_8_grey.bmp", bmp_bytes(index, 8, ramp))
    put("bmp_8_grey_reversed.bmp", bmp_bytes(index, 8, ramp[::-1]))
    put("bmp_1_black_white.bmp", bmp_bytes(index >> 7, 1, ramp[[0, 255]]))
    put("bmp_1_white_black.bmp", bmp_bytes(index >> 7, 1, ramp[[255, 0]]))
    put("bmp_8_short_palette.bmp",
        bmp_bytes(index % 100, 8, rng.integers(0, 256, (100, 3)), colours=100))
    put("bmp_8_index_beyond.bmp", bmp_bytes(index, 8, rng.integers(0, 256, (100, 3)), colours=100))
    put("bmp_core_24.bmp", bmp_bytes(picture(13, 7), 24, header=12))
    put("bmp_core_8.bmp", bmp_bytes(index, 8, rng.integers(0, 256, (256, 3)), header=12))
    four = picture(13, 7, 4)
    full = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    put("bmp_v4_bgra.bmp", bmp_bytes(four, 32, header=108, compression=3, masks=full))
    put("bmp_v4_bgrx.bmp", bmp_bytes(four, 32, header=108, compression=3, masks=full[:3] + (0,)))
    put("bmp_v4_rgba.bmp", bmp_bytes(four, 32, header=108, compression=3,
                                     masks=(0xFF, 0xFF00, 0xFF0000, 0xFF000000)))
    put("bmp_v3_bitfields.bmp", bmp_bytes(four, 32, compression=3, masks=full[:3]))
    put("bmp_v5_24.bmp", bmp_bytes(picture(13, 7), 24, header=124))
    runs = np.repeat(rng.integers(0, 256, (7, 4)), 6, axis=1)[:, :21]
    runs[3] = rng.integers(0, 256, 21)
    palette = rng.integers(0, 256, (256, 3))
    put("bmp_rle8.bmp", bmp_bytes(runs, 8, palette, compression=1, body=run_length(runs, False)))
    put("bmp_rle4.bmp", bmp_bytes(runs % 16, 8, palette[:16], compression=2, colours=16,
                                  body=run_length(runs % 16, True)).replace(
                                      b"\1\0\x08\0", b"\1\0\x04\0", 1))
    delta = b"\5\1\0\2\3\1\4\7\0\0\2\3\0\0\0\1"
    put("bmp_rle8_delta.bmp", bmp_bytes(np.zeros((5, 13), np.uint8), 8, palette, compression=1,
                                        body=delta))


# ---- PNM -----------------------------------------------------------------------------------------

def pnm_files():
    for width, height in ((1, 1), (9, 1), (13, 7)):
        size = f"{width}x{height}"
        bit, grey = picture(width, height, 1, 1), picture(width, height, 1)
        rgb = picture(width, height)
        deep, deep_rgb = picture(width, height, 1, 65535), picture(width, height, 3, 65535)
        head = lambda kind, top=None: (f"P{kind}\n# made for tests\n{width} {height}\n" + (
            f"{top}\n" if top else "")).encode()
        text = lambda values: "\n".join(" ".join(map(str, row)) for row in values.reshape(
            values.shape[0], -1)).encode() + b"\n"
        put(f"pnm_p1_{size}.pbm", head(1) + text(bit))
        put(f"pnm_p1_dense_{size}.pbm", head(1) + text(bit).replace(b" ", b""))
        put(f"pnm_p2_{size}.pgm", head(2, 255) + text(grey))
        put(f"pnm_p3_{size}.ppm", head(3, 255) + text(rgb))
        put(f"pnm_p4_{size}.pbm", head(4) + np.packbits(bit, axis=1).tobytes())
        put(f"pnm_p5_{size}.pgm", head(5, 255) + grey.tobytes())
        put(f"pnm_p6_{size}.ppm", head(6, 255) + rgb.tobytes())
        put(f"pnm_p2_65535_{size}.pgm", head(2, 65535) + text(deep))
        put(f"pnm_p3_65535_{size}.ppm", head(3, 65535) + text(deep_rgb))
        put(f"pnm_p5_65535_{size}.pgm", head(5, 65535) + deep.astype(">u2").tobytes(), native=True)
        put(f"pnm_p6_65535_{size}.ppm", head(6, 65535) + deep_rgb.astype(">u2").tobytes(),
            native=True)
        for top in (1, 7, 100, 254):
            put(f"pnm_p5_{top}_{size}.pgm", head(5, top) + picture(width, height, 1, top).tobytes())
            put(f"pnm_p6_{top}_{size}.ppm", head(6, top) + picture(width, height, 3, top).tobytes())
            put(f"pnm_p2_{top}_{size}.pgm", head(2, top) + text(picture(width, height, 1, top)))
        for top in (256, 1023, 4095):
            low = picture(width, height, 1, top).astype(np.uint16)
            rgb_low = picture(width, height, 3, top).astype(np.uint16)
            put(f"pnm_p5_{top}_{size}.pgm", head(5, top) + low.astype(">u2").tobytes())
            put(f"pnm_p6_{top}_{size}.ppm", head(6, top) + rgb_low.astype(">u2").tobytes())
            put(f"pnm_p2_{top}_{size}.pgm", head(2, top) + text(low))
            put(f"pnm_p3_{top}_{size}.ppm", head(3, top) + text(rgb_low))
    put("pnm_above_max.pgm", b"P5\n4 1\n100\n" + bytes([0, 100, 101, 255]))
    put("pnm_p2_above_max.pgm", b"P2\n4 1\n100\n0 100 101 255\n")
    put("pnm_crlf.ppm", b"P6\r\n2 1\r\n255\n" + bytes(range(6)))
    put("pnm_comments.pgm", b"P5 # a\n#b\n2 # c\n 2\n255\n" + bytes(range(4)))


# ---- what the libraries say ----------------------------------------------------------------------

def from_pillow(path, colour, turned):
    try:
        image = Image.open(path)
        image.load()
        if turned:
            image = ImageOps.exif_transpose(image)
        return np.asarray(image.convert({"rgb": "RGB", "grey": "L"}[colour]))
    except Exception as error:  # noqa: BLE001: whatever it is, the library refuses the file
        return None


def from_opencv(path, colour, turned):
    flags = {"rgb": cv2.IMREAD_COLOR, "grey": cv2.IMREAD_GRAYSCALE, "native": cv2.IMREAD_UNCHANGED}
    flag = flags[colour]
    if not turned and colour != "native":
        flag |= cv2.IMREAD_IGNORE_ORIENTATION
    try:
        pixels = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), flag)
    except cv2.error:
        return None
    if pixels is not None and pixels.ndim == 3:
        order = [2, 1, 0, 3][:pixels.shape[2]]
        pixels = pixels[..., order]
    return pixels


def row(name, library, colour, exif, pixels):
    if pixels is None:
        return f"{name} {library} {colour} {exif} refused"
    height, width = pixels.shape[:2]
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    digest = hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest()
    return f"{name} {library} {colour} {exif} {width} {height} {channels} {digest}"


def same(a, b):
    return (a is None and b is None) or (a is not None and b is not None and np.array_equal(a, b))


def goldens():
    rows = []
    for path in sorted(OUT.iterdir()):
        if path.suffix == ".txt":
            continue
        for library, decode in (("pillow", from_pillow), ("opencv", from_opencv)):
            if (library, path.name) in WRONG:
                continue
            for colour in ("rgb", "grey"):
                plain, turned = decode(path, colour, False), decode(path, colour, True)
                if same(plain, turned):
                    rows.append(row(path.name, library, colour, "-", plain))
                else:
                    rows.append(row(path.name, library, colour, "0", plain))
                    rows.append(row(path.name, library, colour, "1", turned))
        if path.name in NATIVE:
            rows.append(row(path.name, "opencv", "native", "0", from_opencv(path, "native", False)))
    (OUT / "goldens.txt").write_text("\n".join(rows) + "\n")


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for path in OUT.iterdir():
        path.unlink()
    jpeg_files()
    exif_files()
    png_files()
    webp_files()
    tiff_files()
    bmp_files()
    pnm_files()
    goldens()


if __name__ == "__main__":
    main()
