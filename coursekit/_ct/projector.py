"""Parallel-beam projection and filtered back-projection with one sparse matrix."""

from functools import lru_cache

import numpy as np
import torch

from coursekit._checks import millimetres, positive, precise, slices, whole
from coursekit._shown import shown

WINDOWS = ("ramp", "shepp-logan", "hann")
BYTES = 12  # of the matrix, at most, for each pixel and angle
LARGEST = 8e9  # bytes; a free Colab machine has 12 GB


class Projector:
    """Line integrals of a square slice along parallel rays, and the slice back from them.

    Angle k is k * 180 / `n_angles` degrees; at 0 degrees the rays run down the columns. There is one ray for each
    pixel of width. A ray crosses each row (or each column, if it is flatter than 45 degrees) between two pixels, and
    is interpolated linearly between them, after Joseph, IEEE Transactions on Medical Imaging 1 (1982) 192-196. What
    lies outside the inscribed circle is not seen, because at some angles no ray would meet it.

    Parameters
    ----------
    size : int
        Rows and columns of the slice, at least 2.
    n_angles : int
        Angles, spread evenly over half a turn.
    pixel_mm : float
        Width of a pixel in mm. With 1, lengths are counted in pixels.

    Attributes
    ----------
    matrix : scipy.sparse.csr_matrix, float32, shape (n_angles * size, size * size)
        Length of each ray in each pixel, in pixels. Made once for each size and number of angles, then shared, and
        so read-only. It takes 11 bytes for each pixel and angle: 133 MB for 256 x 256 and 180 angles.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or out of range.

    Notes
    -----
    The slice turns about its middle, which lies between two pixels when `size` is even. scikit-image's ``radon`` turns
    it about pixel ``size // 2``: the two agree for odd sizes and differ by half a pixel for even ones. Its sinograms
    are the transpose of ours.
    """

    def __init__(self, size, n_angles, pixel_mm=1.0):
        self.size = whole("size", size, 2)
        self.n_angles = whole("n_angles", n_angles, 1)
        self.pixel_mm = millimetres("pixel_mm", pixel_mm, least=1e-12)
        if BYTES * self.size**2 * self.n_angles > LARGEST:  # rather than a computer that stands still
            limit = f"{LARGEST / 1e9:g} GB"
            raise ValueError(f"size and n_angles must be smaller: {size} and {n_angles} take more than {limit}")
        self.matrix = _system_matrix(self.size, self.n_angles)

    def __repr__(self):
        return f"Projector(size={self.size}, n_angles={self.n_angles}, pixel_mm={self.pixel_mm:g})"

    def forward(self, mu):
        """Integrate a slice, or each slice of a batch, along every ray.

        Parameters
        ----------
        mu : numpy.ndarray or torch.Tensor, shape (..., size, size)
            Attenuation in 1/mm. A tensor may lie on a GPU; gradients flow through.

        Returns
        -------
        numpy.ndarray or torch.Tensor, float32, shape (..., n_angles, size)
            Sinogram, without unit. Array for an array, tensor on the same device for a tensor.

        Raises
        ------
        TypeError, ValueError
            If `mu` has another shape, or holds anything but finite real numbers.
        """
        return self._multiply("mu", mu, transposed=False)

    def back(self, sinogram):
        """Spread each value along its ray: the transpose of `forward`, so <forward x, y> = <x, back y>.

        Parameters
        ----------
        sinogram : numpy.ndarray or torch.Tensor, shape (..., n_angles, size)
            One value for each ray.

        Returns
        -------
        numpy.ndarray or torch.Tensor, float32, shape (..., size, size)
            Sum of the values of the rays that meet each pixel, weighted with their lengths in mm.

        Raises
        ------
        TypeError, ValueError
            If `sinogram` has another shape, or holds anything but finite real numbers.
        """
        return self._multiply("sinogram", sinogram, transposed=True)

    def fbp(self, sinogram, window="ramp", cutoff=1.0):
        """Reconstruct by filtered back-projection.

        The filtered values are spread by `back`, then divided by how much of the rays each pixel got.

        Parameters
        ----------
        sinogram : numpy.ndarray or torch.Tensor, shape (..., n_angles, size)
            Line integrals, without unit.
        window : {"ramp", "shepp-logan", "hann"}
            What tames the ramp filter at high frequencies: nothing, a sinc or a Hann window. Less noise costs detail.
        cutoff : float
            Share of the frequencies that is kept, above 0 and up to 1. The window ends there.

        Returns
        -------
        numpy.ndarray or torch.Tensor, float32, shape (..., size, size)
            Attenuation in 1/mm; 0 outside the circle.

        Raises
        ------
        TypeError, ValueError
            If `sinogram` has another shape, or holds anything but finite real numbers, or `window` or
            `cutoff` is none of these.
        """
        response = _filter_response(self.size, window, cutoff)
        values = self._tensor("sinogram", sinogram, (self.n_angles, self.size))
        padded = 2 * (len(response) - 1)  # so that the two ends of a projection do not meet
        filtered = values
        if values.numel():  # some versions of PyTorch cannot transform a batch of none
            spectrum = torch.fft.rfft(values, padded) * torch.from_numpy(response).to(values.device)
            filtered = torch.fft.irfft(spectrum, padded)[..., : self.size]
        weight = torch.from_numpy(np.pi / self.pixel_mm**2 / _coverage(self.size, self.n_angles))
        mu = self.back(filtered) * weight.to(values.device)
        return mu if isinstance(sinogram, torch.Tensor) else mu.numpy()

    def _multiply(self, name, values, transposed):
        image, sinogram = (self.size, self.size), (self.n_angles, self.size)
        before, after = (sinogram, image) if transposed else (image, sinogram)
        tensor = self._tensor(name, values, before)
        columns = tensor.reshape(-1, before[0] * before[1]).T
        product = _SparseProduct.apply(columns, self, transposed) * self.pixel_mm
        product = product.T.reshape(*tensor.shape[:-2], *after).contiguous()
        return product if isinstance(values, torch.Tensor) else product.numpy()

    def _tensor(self, name, values, shape):
        if not isinstance(values, torch.Tensor):
            values = torch.from_numpy(slices(name, values))
        if values.ndim < 2 or tuple(values.shape[-2:]) != shape:
            raise ValueError(f"{name} must end in the shape {shape} for {self!r}, got {tuple(values.shape)}")
        values = precise(name, values).to(torch.float32)
        if not values.isfinite().all():
            raise ValueError(f"{name} must hold finite numbers only, got NaN, infinity or what float32 cannot hold")
        return values


class _SparseProduct(torch.autograd.Function):
    """Product of the matrix, or of its transpose, with dense columns; its gradient is the other product."""

    @staticmethod
    def forward(ctx, columns, projector, transposed):
        ctx.projector, ctx.transposed = projector, transposed
        if columns.device.type == "cuda":
            matrix = _matrix_on(columns.device, projector.size, projector.n_angles, transposed)
            with torch.autocast("cuda", enabled=False):  # float16 has too few digits, and no sparse product
                return torch.sparse.mm(matrix, columns.contiguous())
        # SciPy multiplies by the transpose without a second copy of the matrix.
        matrix = projector.matrix.T if transposed else projector.matrix
        return torch.from_numpy(matrix @ columns.numpy(force=True)).to(columns.device)

    @staticmethod
    def backward(ctx, gradient):
        return _SparseProduct.apply(gradient, ctx.projector, not ctx.transposed), None, None


@lru_cache(maxsize=8)
def _matrix_on(device, size, n_angles, transposed):
    matrix = _system_matrix(size, n_angles)
    matrix = (matrix.T.tocsr() if transposed else matrix.sorted_indices()).tocoo()  # both in PyTorch's order
    places = torch.from_numpy(np.stack([matrix.row, matrix.col]).astype(np.int64))
    values = torch.from_numpy(matrix.data)
    return torch.sparse_coo_tensor(
        places, values, matrix.shape, device=device, is_coalesced=True, check_invariants=False
    )


@lru_cache(maxsize=8)
def _coverage(size, n_angles):
    """How much of the rays each pixel gets: about 1 for each angle; where it is 1.12, FBP would be 12 % too high."""
    coverage = np.asarray(_system_matrix(size, n_angles).sum(axis=0), np.float32).reshape(size, size)
    return np.where(coverage > 0, coverage, 1)


@lru_cache(maxsize=8)
def _system_matrix(size, n_angles):
    from scipy import sparse

    longest = 2 * size * size * n_angles  # two pixels for each ray in each row
    lengths, pixels = np.empty(longest, np.float32), np.empty(longest, np.int32)
    starts = np.zeros(n_angles * size + 1, np.int64)
    filled = 0
    for k in range(n_angles):
        ray_pixels, ray_lengths, counts = _rays(size, np.pi * k / n_angles)
        lengths[filled : filled + len(ray_lengths)] = ray_lengths
        pixels[filled : filled + len(ray_pixels)] = ray_pixels
        starts[k * size + 1 : (k + 1) * size + 1] = filled + np.cumsum(counts)
        filled += len(ray_pixels)
    shape = (n_angles * size, size * size)
    matrix = sparse.csr_matrix((lengths[:filled], pixels[:filled], starts), shape=shape)
    for part in (matrix.data, matrix.indices, matrix.indptr):
        part.flags.writeable = False
    return matrix


def _rays(size, angle):
    """Pixels met by the rays of one angle, the lengths in them, and how many each ray meets."""
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
    return pixels[met], share[met] / max(abs(cos), abs(sin)), met.sum(axis=(1, 2))


def _filter_response(size, window, cutoff):
    """Ramp filter times window at the frequencies of a projection that is padded to at least twice its length."""
    if not isinstance(window, str) or window not in WINDOWS:
        raise ValueError(f"window must be one of {', '.join(WINDOWS)}, got {shown(window)}")
    cutoff = positive("cutoff", cutoff, most=1)
    padded = 2 ** int(np.ceil(np.log2(2 * size)))
    offset = np.arange(padded // 2 + 1)
    kernel = np.zeros(padded // 2 + 1)  # the ramp sampled in space keeps the mean right, sampled in frequency does not
    kernel[0] = 1 / 4
    kernel[1::2] = -1 / (np.pi * offset[1::2]) ** 2
    ramp = np.fft.rfft(np.concatenate([kernel, kernel[-2:0:-1]])).real
    frequency = offset / (padded // 2) / cutoff  # 1 at the highest frequency that is kept
    shape = {"ramp": 1, "shepp-logan": np.sinc(frequency / 2), "hann": (1 + np.cos(np.pi * frequency)) / 2}[window]
    return np.where(frequency <= 1, ramp * shape, 0).astype(np.float32)
