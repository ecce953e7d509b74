"""Image files as people have them: 16-bit PNG of every layout, and two tiny HEIC files."""

import base64
import struct
import zlib

import numpy as np

# 24 x 32 once turned upright, red growing from the top, green from right to left; with EXIF (orientation, artist).
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAcdtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAADRpbG9j"
    "AAAAAERAAAIAAQAAAAAB6wABAAAAAAAAAP8AAgAAAAAC6gABAAAAAAAAADoAAAA4aWluZgAAAAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAA"
    "ABVpbmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAABBmlwcnAAAADlaXBjbwAAAHVodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNg"
    "AAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQApQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbqrprm4CGgwIAAAAyAAAADAIRiAAEABkQB"
    "wXPBiQAAABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAAAABAAAAAQAAAAChjbGFwAAAAIAAAAAEAAAAYAAAAAf///+AAAAAC////2AAA"
    "AAIAAAAQcGl4aQAAAAADCAgIAAAACWlyb3QDAAAAGWlwbWEAAAAAAAAAAQABBoECAwWEhgAAABppcmVmAAAAAAAAAA5jZHNjAAIAAQABAAAB"
    "QW1kYXQAAAD7KAGvBPIe5VKwcWh8aepRSRhUn/MaDe00R1c9nptaMqoiJOTKX7qWb6h9Bmo6l8Z5rrgEXzICB65xKSP6zF2TOJ4ThVDInmQY"
    "zrOFLS3r62W7j2d9MaABGXjtLDdfPOiH8zT/+P/0UTCg9m5cbSctWwmhrFsD3FgiQXcWnvv8wz/F0tld6thrRSBkEJIJ4VmbIy/RXkyEU6u4"
    "HHMY+R07E+59Sd4wzH7SuBPe7Hi/CKuPg+KPyeI2aspof9B7DoXagJip5ZyrVIJlWWZ1053r2onoufxdTZaEG+y/8IDUzPgT36df4zd+YT35"
    "cEuJkmh+013LB64X6K47G4AAAAAGRXhpZgAATU0AKgAAAAgAAgESAAMAAAABAAYAAAE7AAIAAAAJAAAAJgAAAABzb21lYm9keQAA"
)
# 32 x 24, 10 bits a channel.
HEIC_10 = base64.b64decode(
    "AAAAHGZ0eXBoZWl4AAAAAG1pZjFoZWl4bWlhZgAAAXxtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAACJpbG9j"
    "AAAAAERAAAEAAQAAAAABoAABAAAAAAAAAMUAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRtAAAAAAABAAAA/Glw"
    "cnAAAADcaXBjbwAAAHVodmNDAQQIAAAAnbgAAAAAHvAA/P36+gAADwNgAAEAF0ABDAH//wQIAAADAJ24AAADAAAeugJAYQABACpCAQEECAAA"
    "AwCduAAAAwAAHqAggQTZbqrprm4CGgwIAAADAMgAAAMACEBiAAEABkQBwXPBiQAAABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAAAABA"
    "AAAAQAAAAChjbGFwAAAAIAAAAAEAAAAYAAAAAf///+AAAAAC////2AAAAAIAAAAQcGl4aQAAAAADCgoKAAAAGGlwbWEAAAAAAAAAAQABBYEC"
    "AwWEAAAAzW1kYXQAAADBKAGvBPIepJIQcWhzBciWsZNuL56/07Fnyd4+Gfkt8pQ+ZsX765o7/zdP4/9Bl9vU5Kz/x6gGIpnyifsFdH9ZikDP"
    "I8J8OhkfXXHTn5mxy3eYaN9Gcrv4vPJ72P//oFD+E1mhkTLV66gbhLZBugz4kCOYIh5Si9eKKoKtunqifxbEiJhJf231YXLeiulcW0cEmEXF"
    "dFNNlotVXSrJlVmeilSrMKNn//+gew1Z1a22t+3/wiPzMvGTL0CFXTv2hNbPgA=="
)
COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}


def png16(samples: np.ndarray, *chunks: bytes) -> bytes:
    """Return a PNG file of ``samples``, uint16 (H, W, 1..4); ``chunks`` come before the pixels."""
    height, width, channels = samples.shape
    header = struct.pack(">IIBBBBB", width, height, 16, COLOUR_TYPES[channels], 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    parts = [chunk(b"IHDR", header), *chunks, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def chunk(kind: bytes, content: bytes) -> bytes:
    """Return one chunk of a PNG file."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
