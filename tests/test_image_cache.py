"""The decoded X-rays: right, kept in a file, and made anew when the source changes or the file is damaged."""

import itertools
import os
import random
import shutil

import decoded_xrays
import numpy as np
import pytest
from decoded_xrays import SIZE, assert_right, count_decoding, expected, images, kept, touch
from PIL import Image
from xray_tree import XRAYS, picture, texture

from coursekit._xray import image_cache
from coursekit.data import DataError
from coursekit.xray import ChestXrayFolder

home, tree = decoded_xrays.home, decoded_xrays.tree


@pytest.fixture
def decoded(monkeypatch):
    return count_decoding(monkeypatch)


@pytest.mark.parametrize("shape", [(60, 90), (301, 203), (1003, 1301), (20, 30)])
@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("size", [8, 28, 64])
def test_a_picture_is_that_of_pillow_at_full_resolution(tmp_path, shape, mode, size):
    path = tmp_path / "xray.jpeg"
    Image.fromarray(texture(*shape)).convert(mode).save(path, quality=95)
    whole = Image.open(path).convert("L")
    side, (width, height) = min(whole.size), whole.size
    middle = ((width - side) / 2, (height - side) / 2, (width + side) / 2, (height + side) / 2)
    for resize, box in (("squash", None), ("crop", middle)):
        right = np.asarray(whole.resize((size, size), Image.Resampling.BILINEAR, box), int)
        # JPEG's own reduction averages a little differently.
        assert np.abs(image_cache.decode(path, size, resize) - right).max() <= 4


def test_crop_keeps_proportions_and_squash_shows_all(tmp_path):
    wide = np.zeros((40, 80), np.uint8)
    wide[:, 20:40] = 255  # the left half of the square in the middle
    Image.fromarray(wide).save(tmp_path / "wide.png")
    for path, turned in ((tmp_path / "wide.png", False), (tmp_path / "tall.png", True)):
        Image.fromarray(wide.T if turned else wide).save(path)
        crop, squash = (image_cache.decode(path, 40, resize) for resize in ("crop", "squash"))
        crop, squash = (crop.T, squash.T) if turned else (crop, squash)
        np.testing.assert_array_equal(crop, wide[:, 20:60])
        assert (squash[:, 11:19] == 255).all()
        assert not squash[:, :9].any()
        assert not squash[:, 21:].any()


@pytest.mark.parametrize("mode", ["P", "1", "LA", "RGBA", "CMYK"])
def test_other_modes_become_grey(tmp_path, mode):
    path = tmp_path / f"xray.{'jpeg' if mode == 'CMYK' else 'png'}"
    Image.fromarray(texture(60, 60)).convert(mode).save(path)
    right = np.asarray(Image.open(path).convert("L"), int)
    assert np.abs(image_cache.decode(path, 60, "squash") - right).max() <= 1


def test_the_second_call_maps_what_the_first_one_kept(tree, home, decoded):
    first = images(tree)
    assert len(decoded) == len(XRAYS)
    (file,) = kept(home)
    before = file.stat()
    np.testing.assert_array_equal(images(tree), first)
    np.testing.assert_array_equal(images(tree / ".."), first)
    np.testing.assert_array_equal(images(tree, resize="squash"), np.load(file))
    assert len(decoded) == len(XRAYS)
    assert (file.stat().st_mtime_ns, file.stat().st_ino) == (before.st_mtime_ns, before.st_ino)
    bases = itertools.accumulate(range(5), lambda array, _: getattr(array, "base", None), initial=images(tree))
    assert any(isinstance(base, np.memmap) for base in bases)


def test_changes_to_the_images_stay_in_memory(tree, decoded):
    images(tree)[:] = 0
    assert images(tree).all(axis=0).any()
    assert_right(tree)
    assert len(decoded) == len(XRAYS)


def test_sizes_ways_and_trees_are_kept_side_by_side(tree, home, decoded, tmp_path):
    other = shutil.copytree(tree, tmp_path / "other")
    variants = [(tree, SIZE, "squash"), (tree, SIZE, "crop"), (tree, 32, "squash"), (other, SIZE, "squash")]
    for variant in variants:
        assert_right(*variant)
    assert len(kept(home)) == 4
    decoded.clear()
    for variant in variants:
        images(*variant)
    assert decoded == []


def swap(tree):
    """Two files change their names: the same sizes and times, but not in the same order."""
    one, other = (tree / "train" / "NORMAL" / f"IM-0115-0001{end}.jpeg" for end in ("", "-0001"))
    one.rename(tree / "aside")
    other.rename(one)
    (tree / "aside").rename(other)


def lengthen(tree):
    """Nothing but the size."""
    path = tree / "val/NORMAL/NORMAL2-IM-1427-0001.jpeg"
    status = path.stat()
    path.write_bytes(path.read_bytes() + b"0")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


CHANGES = {
    "content": lambda tree: picture(tree / "val/NORMAL/NORMAL2-IM-1427-0001.jpeg", seed=50),
    "size": lengthen,
    "time": lambda tree: touch(tree / "val/NORMAL/NORMAL2-IM-1427-0001.jpeg"),
    "added": lambda tree: picture(tree / "val/NORMAL/NORMAL2-IM-1428-0001.jpeg"),
    "removed": lambda tree: (tree / "train/NORMAL/IM-0115-0001.jpeg").unlink(),
    "renamed": lambda tree: (tree / "test/NORMAL/IM-0001-0001.jpeg").rename(tree / "test/NORMAL/IM-0002-0001.jpeg"),
    "swapped": swap,
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_source_is_decoded_anew_and_the_old_file_removed(tree, home, decoded, change):
    images(tree)
    (old,) = kept(home)
    CHANGES[change](tree)
    decoded.clear()
    assert_right(tree)
    assert len(decoded) == len(ChestXrayFolder(tree))
    (new,) = kept(home)
    assert new != old


def test_another_way_of_decoding_is_another_file(tree, home, decoded, monkeypatch):
    images(tree)
    monkeypatch.setattr(image_cache, "FORMAT", image_cache.FORMAT + 1)
    images(tree)
    assert len(decoded) == 2 * len(XRAYS)


def test_a_file_that_goes_after_the_folder_was_read_is_named(tree, home):
    xrays = ChestXrayFolder(tree)
    xrays.paths[4].unlink()
    with pytest.raises(DataError, match=r"person1_bacteria_2\.JPEG cannot be read \(No such file .*Folder again\.$"):
        xrays.images(SIZE)


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


BAD = {
    "cut": cut,
    "empty": lambda path: path.write_bytes(b""),
    "a web page": lambda path: path.write_text("<html>not found</html>"),
    "only a header": lambda path: path.write_bytes(path.read_bytes()[:200]),
    "16 bits": lambda path: Image.fromarray(texture(60, 60).astype(np.uint16) * 256).save(path, "PNG"),
}


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_picture_is_named_and_nothing_is_kept(tree, home, bad):
    BAD[bad](tree / "test" / "PNEUMONIA" / "person10_virus_35.jpeg")
    with pytest.raises(DataError, match=r"person10_virus_35\.jpeg cannot be read \(.+\)\. Unpack or .*Folder again\.$"):
        images(tree)
    assert kept(home) == []
    picture(tree / "test" / "PNEUMONIA" / "person10_virus_35.jpeg")
    assert_right(tree)


@pytest.mark.parametrize("damage", ["cut", "longer", "empty", "text", "another shape", "another type"])
def test_a_damaged_file_is_made_anew(tree, home, decoded, damage):
    first = images(tree)
    (file,) = kept(home)
    content = file.read_bytes()
    os.unlink(file)  # a new file: the first array is still mapped from this one
    if damage.startswith("another"):
        np.save(file, first[:, :16] if damage == "another shape" else first.astype(np.int16))
    else:
        file.write_bytes({"cut": content[:-100], "longer": content + b"0", "empty": b"", "text": b"not found"}[damage])
    decoded.clear()
    np.testing.assert_array_equal(images(tree), expected(tree))
    assert len(decoded) == len(XRAYS)
    images(tree)
    assert len(decoded) == len(XRAYS), "the new file is whole"
    assert kept(home) == [file]


def test_a_flipped_bit_is_found_or_without_meaning(tree, home, decoded):
    right = images(tree, 16).copy()
    (file,) = kept(home)
    content, places = file.read_bytes(), random.Random(0)
    decoded.clear()
    for _ in range(40):
        changed = bytearray(content)
        changed[places.randrange(len(changed))] ^= 1 << places.randrange(8)
        os.unlink(file)
        file.write_bytes(changed)
        np.testing.assert_array_equal(images(tree, 16), right)
    assert len(decoded) >= 38 * len(XRAYS)  # the other bits are blanks in the header


@pytest.mark.parametrize("size", [0, -1, 1025, 64.0, "64", None, True])
def test_the_size_is_a_whole_number_up_to_1024(tree, size):
    with pytest.raises((TypeError, ValueError), match=r"^size must be"):
        images(tree, size)


@pytest.mark.parametrize("resize", ["", "Squash", "stretch", None, 1, ["crop"]])
def test_there_are_two_ways_to_resize(tree, resize):
    with pytest.raises(ValueError, match=r"^resize must be 'squash' or 'crop', got"):
        images(tree, SIZE, resize)
