"""Lab 2 in C by hand, the limit: loops over the batch that a compiler vectorises."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path
from tempfile import mkdtemp

import numpy as np

from benchmarks.hand_numpy import start_values

SOURCE = r"""
#include <math.h>
#include <string.h>
#include <stdint.h>

static inline double exp_fast(double x) {
    x = x < -700 ? -700 : (x > 700 ? 700 : x);
    double n = __builtin_floor(x * 1.4426950408889634 + 0.5);
    double r = (x - n * 6.93145751953125e-1) - n * 1.42860682030941723212e-6;
    double p = 1.0 / 479001600;
    p = p * r + 1.0 / 39916800; p = p * r + 1.0 / 3628800; p = p * r + 1.0 / 362880;
    p = p * r + 1.0 / 40320; p = p * r + 1.0 / 5040; p = p * r + 1.0 / 720;
    p = p * r + 1.0 / 120; p = p * r + 1.0 / 24; p = p * r + 1.0 / 6;
    p = p * r + 0.5; p = p * r + 1.0; p = p * r + 1.0;
    int64_t bits = ((int64_t)n + 1023) << 52;
    double scale; memcpy(&scale, &bits, 8);
    return p * scale;
}

static double h1[4][N], h2[4][N], d1[4][N], d2[4][N], d3[N];

static double gradient(const double *restrict x, const double *restrict t,
                       const double *restrict w, double *restrict g) {
    for (int j = 0; j < 4; j++)
        for (int i = 0; i < N; i++)
            h1[j][i] = 1 / (1 + exp_fast(-(x[i] * w[j] + x[N + i] * w[4 + j] + w[8 + j])));
    for (int j = 0; j < 4; j++)
        for (int i = 0; i < N; i++)
            h2[j][i] = 1 / (1 + exp_fast(-(h1[0][i] * w[12 + j] + h1[1][i] * w[16 + j]
                + h1[2][i] * w[20 + j] + h1[3][i] * w[24 + j] + w[28 + j])));
    double loss = 0;
    for (int i = 0; i < N; i++) {
        double y = 1 / (1 + exp_fast(-(h2[0][i] * w[32] + h2[1][i] * w[33]
            + h2[2][i] * w[34] + h2[3][i] * w[35] + w[36])));
        double e = y - t[i];
        loss += e * e;
        d3[i] = e * y * (1 - y);
    }
    for (int k = 0; k < 4; k++)
        for (int i = 0; i < N; i++) d2[k][i] = w[32 + k] * d3[i] * h2[k][i] * (1 - h2[k][i]);
    for (int k = 0; k < 4; k++)
        for (int i = 0; i < N; i++)
            d1[k][i] = (w[12 + 4 * k] * d2[0][i] + w[13 + 4 * k] * d2[1][i]
                + w[14 + 4 * k] * d2[2][i] + w[15 + 4 * k] * d2[3][i])
                * h1[k][i] * (1 - h1[k][i]);
    for (int j = 0; j < 4; j++) {
        double a = 0, b = 0, c = 0;
        for (int i = 0; i < N; i++) {
            a += x[i] * d1[j][i]; b += x[N + i] * d1[j][i]; c += d1[j][i];
        }
        g[j] = a; g[4 + j] = b; g[8 + j] = c;
    }
    for (int j = 0; j < 4; j++) {
        double a = 0, b = 0, c = 0, d = 0, s = 0;
        for (int i = 0; i < N; i++) {
            a += h1[0][i] * d2[j][i]; b += h1[1][i] * d2[j][i];
            c += h1[2][i] * d2[j][i]; d += h1[3][i] * d2[j][i]; s += d2[j][i];
        }
        g[12 + j] = a; g[16 + j] = b; g[20 + j] = c; g[24 + j] = d; g[28 + j] = s;
    }
    double a = 0, b = 0, c = 0, d = 0, s = 0;
    for (int i = 0; i < N; i++) {
        a += h2[0][i] * d3[i]; b += h2[1][i] * d3[i];
        c += h2[2][i] * d3[i]; d += h2[3][i] * d3[i]; s += d3[i];
    }
    g[32] = a; g[33] = b; g[34] = c; g[35] = d; g[36] = s;
    for (int k = 0; k < 37; k++) g[k] *= 2.0 / N;
    return loss / N;
}

double sgd(const double *x, const double *t, double *w, double lr, long steps) {
    double g[37], loss = 0;
    for (long step = 0; step < steps; step++) {
        loss = gradient(x, t, w, g);
        for (int k = 0; k < 37; k++) w[k] -= lr * g[k];
    }
    return loss;
}

double adam(const double *x, const double *t, double *w, double *m, double *v, double lr,
            long taken, long steps) {
    double g[37], loss = 0;
    for (long step = 1; step <= steps; step++) {
        loss = gradient(x, t, w, g);
        double a = 1 - pow(0.9, taken + step), b = 1 - pow(0.999, taken + step);
        for (int k = 0; k < 37; k++) {
            m[k] = 0.9 * m[k] + 0.1 * g[k];
            v[k] = 0.999 * v[k] + 0.001 * g[k] * g[k];
            w[k] -= lr * (m[k] / a) / (sqrt(v[k] / b) + 1e-8);
        }
    }
    return loss;
}
"""
FLAGS = ("-O3", "-march=native", "-ffast-math", "-shared", "-fPIC")


def compiler() -> str | None:
    return shutil.which("gcc") or shutil.which("clang")


class ByC:
    """Training steps in compiled C."""

    def __init__(self, x, t, optimizer="sgd", lr=0.1):
        n = len(x)
        folder = Path(mkdtemp(prefix="tinygraph-bench-"))
        (folder / "lab2.c").write_text(SOURCE)
        command = [compiler(), *FLAGS, f"-DN={n}", "lab2.c", "-o", "lab2.so", "-lm"]
        subprocess.run(command, cwd=folder, check=True)
        library = ctypes.CDLL(str(folder / "lab2.so"))
        shutil.rmtree(folder)
        self.x, self.t = np.ascontiguousarray(x.T), np.ascontiguousarray(t.T)
        self.w = np.concatenate([np.vstack([W, b]).ravel() for W, b in start_values()])
        self.m, self.v = np.zeros(37), np.zeros(37)
        self.taken, self.lr = 0, ctypes.c_double(lr)
        self.run = self.sgd if optimizer == "sgd" else self.adam
        library.sgd.restype = library.adam.restype = ctypes.c_double
        self.library = library

    def sgd(self, steps):
        arrays = [a.ctypes.data_as(ctypes.c_void_p) for a in (self.x, self.t, self.w)]
        return self.library.sgd(*arrays, self.lr, ctypes.c_long(steps))

    def adam(self, steps):
        arrays = (self.x, self.t, self.w, self.m, self.v)
        pointers = [a.ctypes.data_as(ctypes.c_void_p) for a in arrays]
        taken, count = ctypes.c_long(self.taken), ctypes.c_long(steps)
        self.taken += steps
        return self.library.adam(*pointers, self.lr, taken, count)
