def draw(lines, path):
    pass
