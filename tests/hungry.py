"""A worker that builds no wall and takes a gigabyte: what a control group is for."""

hoard = bytearray(1024**3)
for place in range(0, len(hoard), 4096):
    hoard[place] = 1
