"""Behind `coursekit.xray`: the simulator, the chest X-ray folder and its image cache."""
