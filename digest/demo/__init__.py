"""The main job on an embedded stage: recorded papers in, a real mail server out."""
