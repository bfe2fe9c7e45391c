"""Logits of a GGUF file from llama.cpp's C API, as the wheel `xllamacpp` from PyPI carries it.

Parameter structs are taken as opaque bytes from the library's own defaults, so that their layout does
not matter; only what would compute with 16 bits is found and changed: the types of the cache, two equal
numbers in a row, and the fused attention, the last of four numbers that say "automatic" (-1).
"""
import ctypes
import glob
import importlib.util
import os
import struct

import numpy as np

BYTES = 1024
WHEEL = importlib.util.find_spec("xllamacpp")
if WHEEL is None:
    raise ImportError("the wheel xllamacpp is not installed")


class Opaque(ctypes.Structure):
    _fields_ = [("bytes", ctypes.c_ubyte * BYTES)]


class Batch(ctypes.Structure):
    _fields_ = [("n_tokens", ctypes.c_int32), ("token", ctypes.POINTER(ctypes.c_int32)),
                ("embd", ctypes.c_void_p), ("pos", ctypes.POINTER(ctypes.c_int32)),
                ("n_seq_id", ctypes.POINTER(ctypes.c_int32)),
                ("seq_id", ctypes.POINTER(ctypes.POINTER(ctypes.c_int32))),
                ("logits", ctypes.POINTER(ctypes.c_int8))]


def library():
    folder = os.path.dirname(WHEEL.origin)
    lib = ctypes.CDLL(glob.glob(folder + "/*.so")[0])
    for name, result, arguments in [
        ("llama_model_default_params", Opaque, []),
        ("llama_context_default_params", Opaque, []),
        ("llama_model_load_from_file", ctypes.c_void_p, [ctypes.c_char_p, Opaque]),
        ("llama_init_from_model", ctypes.c_void_p, [ctypes.c_void_p, Opaque]),
        ("llama_batch_init", Batch, [ctypes.c_int32] * 3),
        ("llama_decode", ctypes.c_int32, [ctypes.c_void_p, Batch]),
        ("llama_get_logits_ith", ctypes.POINTER(ctypes.c_float), [ctypes.c_void_p, ctypes.c_int32]),
    ]:
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib


def logits(path, ids, vocabulary):
    """[tokens, vocabulary] of one sequence; None where the file does not load."""
    lib = library()
    lib.llama_backend_init()
    model = lib.llama_model_load_from_file(path.encode(), lib.llama_model_default_params())
    if not model:
        return None
    parameters = lib.llama_context_default_params()
    raw = bytearray(bytes(parameters.bytes))
    struct.pack_into("<III", raw, 0, 64, 64, 64)
    # Cache types: two consecutive 16-bit float types (1, 1), behind the two callback pointers.
    words = struct.unpack_from("<64i", raw)
    place = next(i for i in range(18, 50) if words[i] == words[i + 1] == 1 and not any(words[i - 4:i]))
    struct.pack_into("<ii", raw, 4 * place, 0, 0)
    automatic = next(i for i in range(4, place - 3) if words[i:i + 4] == (-1,) * 4)
    struct.pack_into("<i", raw, 4 * (automatic + 3), 0)
    ctypes.memmove(parameters.bytes, bytes(raw), BYTES)
    context = lib.llama_init_from_model(model, parameters)
    batch = lib.llama_batch_init(len(ids), 0, 1)
    batch.n_tokens = len(ids)
    for i, token in enumerate(ids):
        batch.token[i], batch.pos[i], batch.n_seq_id[i], batch.logits[i] = int(token), i, 1, 1
        batch.seq_id[i][0] = 0
    if lib.llama_decode(context, batch):
        return None
    return np.stack([np.ctypeslib.as_array(lib.llama_get_logits_ith(context, i), (vocabulary,)).copy()
                     for i in range(len(ids))])
