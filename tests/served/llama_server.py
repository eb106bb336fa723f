"""llama.cpp's own server on a port, with a repetition penalty of its own: python FILE GGUF PORT.

Run by the Python of ``.venv-llama``; xllamacpp is llama.cpp and its server as a wheel.
"""

import sys
import threading

import xllamacpp  # type: ignore[import-not-found]

params = xllamacpp.CommonParams()
params.model.path, params.port = sys.argv[1], int(sys.argv[2])
params.n_ctx, params.n_parallel = 2048, 1
params.sampling.penalty_repeat = 1.1
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
threading.Event().wait()
