import unittest

from soundings import depths


class Depths(unittest.TestCase):
    def test_the_bar_is_shallow(self):
        self.assertLess(depths()["bar"], 3)
