"""Behind `coursekit.train`: arguments, the loop, checkpoints and the history."""
