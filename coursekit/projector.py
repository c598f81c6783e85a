"""Parallel-beam projection and filtered back-projection with one sparse matrix."""

from functools import lru_cache

import numpy as np
import torch
from scipy import sparse

from coursekit.errors import positive, short, whole


class Projector:
    """Line integrals of a square slice along parallel rays, and the slice back from them.

    Angle k is k * 180 / `n_angles` degrees; at 0 degrees the rays run down the columns. There is one ray for each
    pixel of width. A ray crosses each row (or each column, if it is flatter than 45 degrees) between two pixels, and
    is interpolated linearly between them, after Joseph, IEEE Transactions on Medical Imaging 1 (1982) 192-196. What
    lies outside the inscribed circle is not seen. The slice turns about its middle (in scikit-image's ``radon`` about
    pixel ``size // 2``). `matrix`, a read-only scipy.sparse.csr_matrix of shape (n_angles * size, size * size), holds
    the length of each ray in each pixel, in pixels: 133 MB for 256 x 256 and 180 angles. Arrays give float32 arrays,
    tensors tensors on the same device, with gradients. A wrong argument raises TypeError or ValueError that names it.

    Parameters
    ----------
    size, n_angles : int; rows and columns of the slice, at least 2; angles, spread evenly over half a turn
    pixel_mm : float; width of a pixel in mm. With 1, lengths are counted in pixels
    """

    def __init__(self, size, n_angles, pixel_mm=1.0):
        self.size, self.n_angles = whole("size", size, 2), whole("n_angles", n_angles, 1)
        self.pixel_mm = positive("pixel_mm", pixel_mm)
        fits_memory(self.size, self.n_angles)
        self.matrix, self._coverage = _system_matrix(self.size, self.n_angles)

    def forward(self, mu):
        """Integrate slices, attenuation in 1/mm of shape (..., size, size), to sinograms, (..., n_angles, size)."""
        return self._multiply("mu", mu, transposed=False)

    def back(self, sinogram):
        """Spread each value along its ray: the transpose of `forward`, so <forward x, y> = <x, back y>."""
        return self._multiply("sinogram", sinogram, transposed=True)

    def fbp(self, sinogram, filter="ramp"):
        """Reconstruct attenuation in 1/mm, 0 outside the circle: filter, `back`, divide by what each pixel got of rays.

        `filter` tames the ramp at high frequencies, less noise for less detail: "ramp" (not), "shepp-logan" or "hann".
        """
        response = _filter_response(self.size, filter)
        values = finite("sinogram", sinogram, (self.n_angles, self.size))
        padded = 2 * (len(response) - 1)  # so that the two ends of a projection do not meet
        spectrum = torch.fft.rfft(values, padded) * torch.from_numpy(response).to(values.device)
        filtered = torch.fft.irfft(spectrum, padded)[..., : self.size]
        mu = self.back(filtered) * torch.from_numpy(np.pi / self.pixel_mm**2 / self._coverage).to(values.device)
        return mu if isinstance(sinogram, torch.Tensor) else mu.numpy()

    def _multiply(self, name, values, transposed):
        shapes = [(self.size, self.size), (self.n_angles, self.size)]
        before, after = shapes[::-1] if transposed else shapes
        tensor = finite(name, values, before)
        columns = tensor.reshape(-1, before[0] * before[1]).T
        product = _SparseProduct.apply(columns, self, transposed) * self.pixel_mm
        product = product.T.reshape(*tensor.shape[:-2], *after).contiguous()
        return product if isinstance(values, torch.Tensor) else product.numpy()


def precise(name, values):
    """Give numbers, an array or a tensor, back as float32 or float64: float16 cannot tell 0 HU from 1 HU in 1/mm."""
    if isinstance(values, torch.Tensor):
        return values.to(torch.promote_types(values.dtype, torch.float32))
    values = np.asarray(values)
    if values.dtype.kind not in "iuf":
        raise TypeError(f"{name} must hold real numbers, got dtype {values.dtype}")
    return values.astype(np.result_type(values, np.float32))[()]


def finite(name, values, shape=()):
    """Give an array or a tensor back as a float32 tensor, or say that it must be finite and end in this shape."""
    values = torch.as_tensor(precise(name, values)).to(torch.float32)
    if shape and values.shape[-2:] != shape:
        raise ValueError(f"{name} must end in the shape {shape}, got {tuple(values.shape)}")
    if not values.isfinite().all():
        raise ValueError(f"{name} must hold finite numbers only, got NaN or infinity")
    return values


def fits_memory(size, n_angles, finer=1):
    """Raise ValueError if a matrix for `finer` * `size` pixels a side would bring the computer to a standstill."""
    gigabytes = 24e-9 * (finer * size) ** 2 * n_angles  # twice the matrix, while it is made
    if gigabytes > 10:  # a free Colab machine has 12
        raise ValueError(f"size and n_angles must be smaller: {size} and {n_angles} take {gigabytes:.0f} GB of memory")


class _SparseProduct(torch.autograd.Function):
    """Product of the matrix, or of its transpose, with dense columns; its gradient is the other product."""

    @staticmethod
    def forward(ctx, columns, projector, transposed):
        ctx.projector, ctx.transposed = projector, transposed
        if columns.device.type == "cuda":
            matrix = _matrix_on(columns.device, projector.size, projector.n_angles, transposed)
            with torch.autocast("cuda", enabled=False):  # float16 has too few digits, and no sparse product
                return torch.sparse.mm(matrix, columns.contiguous())
        matrix = projector.matrix.T if transposed else projector.matrix  # without a second copy
        return torch.from_numpy(matrix @ columns.numpy(force=True)).to(columns.device)

    @staticmethod
    def backward(ctx, gradient):
        return _SparseProduct.apply(gradient, ctx.projector, not ctx.transposed), None, None


@lru_cache(maxsize=8)
def _matrix_on(device, size, n_angles, transposed):
    matrix, _ = _system_matrix(size, n_angles)
    matrix = (matrix.T.tocsr() if transposed else matrix.sorted_indices()).tocoo()  # both in PyTorch's order
    at = torch.from_numpy(np.stack([matrix.row, matrix.col]).astype(np.int64))
    data, sound = torch.from_numpy(matrix.data), {"is_coalesced": True, "check_invariants": False}
    return torch.sparse_coo_tensor(at, data, matrix.shape, device=device, **sound)


@lru_cache(maxsize=4)
def _system_matrix(size, n_angles):
    """The matrix, and how much of the rays each pixel gets: where it is 1.12 an angle, FBP would be 12 % too high."""
    lengths, pixels, counts = zip(*(_rays(size, np.pi * k / n_angles) for k in range(n_angles)), strict=True)
    starts = np.concatenate([[0], *counts]).cumsum()
    matrix = sparse.csr_matrix((np.concatenate(lengths), np.concatenate(pixels), starts), (n_angles * size, size**2))
    for part in (matrix.data, matrix.indices, matrix.indptr):
        part.flags.writeable = False
    coverage = np.asarray(matrix.sum(axis=0), np.float32).reshape(size, size)
    return matrix, np.where(coverage > 0, coverage, 1)


def _rays(size, angle):
    """Lengths of the rays of one angle in the pixels that they meet, these pixels, and how many each ray meets."""
    position = np.arange(size) - (size - 1) / 2
    cos, sin = np.cos(angle), np.sin(angle)
    ray, line = position[:, None], position[None, :]  # a ray is all (x, y) with x cos - y sin = ray; y points down
    steep = abs(cos) >= abs(sin)
    crossing = (ray + line * sin) / cos if steep else (line * cos - ray) / sin
    first = np.floor(crossing - position[0]).astype(np.int32)
    share = (crossing - position[0] - first)[..., None] * [-1, 1] + [1, 0]
    across = first[..., None] + np.arange(2, dtype=np.int32)
    along = np.arange(size, dtype=np.int32)[None, :, None]
    inside = (across + position[0]) ** 2 + (along + position[0]) ** 2 <= (size / 2) ** 2
    met = inside & (share > 0)
    pixels = along * size + across if steep else across * size + along
    return (share[met] / max(abs(cos), abs(sin))).astype(np.float32), pixels[met], met.sum(axis=(1, 2))


def _filter_response(size, filter):
    """Ramp times window at the frequencies of a projection that is padded to at least twice its length."""
    padded = 2 ** int(np.ceil(np.log2(2 * size)))
    offset = np.arange(padded // 2 + 1)
    frequency = offset / (padded // 2)  # 1 at the highest
    windows = {"ramp": 1, "shepp-logan": np.sinc(frequency / 2), "hann": (1 + np.cos(np.pi * frequency)) / 2}
    if filter not in windows:
        raise ValueError(f"filter must be one of {', '.join(windows)}, got {short(filter)}")
    kernel = np.zeros(padded // 2 + 1)  # the ramp sampled in space keeps the mean right, sampled in frequency does not
    kernel[0], kernel[1::2] = 1 / 4, -1 / (np.pi * offset[1::2]) ** 2
    ramp = np.fft.rfft(np.concatenate([kernel, kernel[-2:0:-1]])).real
    return (ramp * windows[filter]).astype(np.float32)
