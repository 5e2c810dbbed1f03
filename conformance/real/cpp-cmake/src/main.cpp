#include <cstdlib>
#include <iostream>
#include <vector>

#include "trim.hpp"

int main(int argc, char **argv) {
  std::vector<double> weights;
  for (int i = 1; i < argc; ++i) weights.push_back(std::atof(argv[i]));
  const double m = moment(weights);
  std::cout << (m < 0 ? "down by the stern" : m > 0 ? "down by the head" : "even keel") << '\n';
}
