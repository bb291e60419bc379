import numpy as np

from nodes.raster.grids import laplacian


def test_each_value_counts_its_neighbours_less_their_values():
    rows, columns = 3, 4
    values = np.random.default_rng(0).random((rows, columns))
    wanted = np.zeros_like(values)
    for row in range(rows):
        for column in range(columns):
            for y, x in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
                if 0 <= y < rows and 0 <= x < columns:
                    wanted[row, column] += values[row, column] - values[y, x]
    assert np.allclose((laplacian(rows, columns) @ values.ravel()).reshape(rows, columns), wanted)
