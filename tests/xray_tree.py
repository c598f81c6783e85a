"""Small trees of chest X-rays, laid out as the archive of Kaggle is, with everything that should be passed over."""

import shutil

import numpy as np
from PIL import Image

# file -> kind, patient, group; in the order in which they are read
XRAYS = {
    "train/NORMAL/IM-0115-0001-0001.jpeg": ("normal", "IM-0115", "IM-0115"),
    "train/NORMAL/IM-0115-0001.jpeg": ("normal", "IM-0115", "IM-0115"),
    "train/NORMAL/NORMAL2-IM-0115-0001-0002.jpeg": ("normal", "NORMAL2-IM-0115", "IM-0115"),
    "train/PNEUMONIA/person1_bacteria_1.jpeg": ("bacteria", "person1_bacteria", "person1"),
    "train/PNEUMONIA/person1_bacteria_2.JPEG": ("bacteria", "person1_bacteria", "person1"),
    "train/PNEUMONIA/person1_virus_6.jpg": ("virus", "person1_virus", "person1"),
    "train/PNEUMONIA/person447_virus_921_1.PNG": ("virus", "person447_virus", "person447"),
    "val/NORMAL/NORMAL2-IM-1427-0001.jpeg": ("normal", "NORMAL2-IM-1427", "IM-1427"),
    "val/PNEUMONIA/person1946_bacteria_4874.jpeg": ("bacteria", "person1946_bacteria", "person1946"),
    "test/NORMAL/IM-0001-0001.jpeg": ("normal", "IM-0001", "IM-0001"),
    "test/PNEUMONIA/person10_virus_35.jpeg": ("virus", "person10_virus", "person10"),
    "test/PNEUMONIA/person2_virus_7.jpeg": ("virus", "person2_virus", "person2"),
}
COLOURED = "train/PNEUMONIA/person1_virus_6.jpg"


def texture(rows, columns, seed=0):
    """A smooth random picture, uint8."""
    rng, grey = np.random.default_rng([seed, rows, columns]), np.full((rows, columns), 128.0)
    for cells, contrast in ((4, 70), (16, 40), (64, 15)):
        noise = Image.fromarray(rng.standard_normal((cells, cells)).astype(np.float32))
        grey += contrast * np.asarray(noise.resize((columns, rows), Image.Resampling.BICUBIC))
    return np.clip(grey, 0, 255).astype(np.uint8)


def picture(path, rows=60, columns=90, seed=0):
    """Write a picture of which that in colour has three different channels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    grey = Image.fromarray(texture(rows, columns, seed))
    if path.name == COLOURED.rpartition("/")[2]:
        channels = [Image.fromarray(texture(rows, columns, seed + offset)) for offset in (0, 100, 200)]
        grey = Image.merge("RGB", channels)
    grey.save(path, quality=95) if path.suffix.lower() in (".jpeg", ".jpg") else grey.save(path)
    return path


def kaggle_tree(folder):
    """Unpack the archive into a folder; its chest_xray."""
    tree = folder / "chest_xray"
    for seed, name in enumerate(XRAYS):
        picture(tree / name, columns=90 + 8 * seed, seed=seed)
    (tree / "train" / "NORMAL" / "Thumbs.db").write_bytes(b"thumbs")
    (tree / "train" / ".DS_Store").write_bytes(b"store")
    (tree / "train" / ".ipynb_checkpoints").mkdir()
    (tree / "train" / ".ipynb_checkpoints" / "IM-0115-0001.jpeg").write_bytes(b"checkpoint")
    copy = shutil.copytree(tree, folder / "copy")
    shadows = folder / "__MACOSX" / "chest_xray"
    for name in XRAYS:
        part, _, file = name.rpartition("/")
        for place in (tree, shadows, copy):
            (place / part).mkdir(parents=True, exist_ok=True)
            (place / part / f"._{file}").write_bytes(b"shadow")
    copy.rename(tree / "chest_xray")
    shutil.copytree(shadows, tree / "__MACOSX")
    return tree
