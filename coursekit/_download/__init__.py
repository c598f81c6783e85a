"""Behind `coursekit.download`: the kinds of sets, verified transfer, Kaggle, and safe unpacking."""
