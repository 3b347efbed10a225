"""The classical ISP, one stage a file, named in pipeline order."""
