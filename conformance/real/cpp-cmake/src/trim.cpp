#include "trim.hpp"

double moment(std::span<const double> weights) {
  const double middle = (static_cast<double>(weights.size()) - 1) / 2;
  double sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) sum += weights[i] * (static_cast<double>(i) - middle);
  return sum;
}
