"""Behind `coursekit.ct`: the projector, image quality, and the readers of scans."""
