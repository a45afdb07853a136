#include "stats/gate/quantiles.h"

#include <array>
#include <cmath>

#include <boost/math/distributions/students_t.hpp>

#include "base/check.h"
#include "stats/boost_policy_internal.h"

namespace kaizen::stats::gate {

namespace {

// Coefficients of P(x) and Q(x) by rising power; x is near 0 in each region.
struct Ratio {
  std::array<double, 8> numerator;
  std::array<double, 8> denominator;
};

double horner(const std::array<double, 8>& coefficients, double x) {
  double value = 0.0;
  for (size_t i = coefficients.size(); i-- > 0;) value = value * x + coefficients[i];
  return value;
}

double evaluate(const Ratio& ratio, double x) {
  return horner(ratio.numerator, x) / horner(ratio.denominator, x);
}

// Wichura, "Algorithm AS 241: The percentage points of the normal distribution", Applied Statistics
// 37 (1988), PPND16: one part in 10^16. The middle, the tail and the far tail.
constexpr Ratio kMiddle = {
    {3.3871328727963666080e0, 1.3314166789178437745e+2, 1.9715909503065514427e+3,
     1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
     3.3430575583588128105e+4, 2.5090809287301226727e+3},
    {1.0, 4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3,
     2.1213794301586595867e+4, 3.9307895800092710610e+4, 2.8729085735721942674e+4,
     5.2264952788528545610e+3}};
constexpr Ratio kTail = {
    {1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
     3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
     2.27238449892691845833e-2, 7.74545014278341407640e-4},
    {1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
     1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
     1.05075007164441684324e-9}};
constexpr Ratio kFarTail = {
    {6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
     2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
     2.71155556874348757815e-5, 2.01033439929228813265e-7},
    {1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
     7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
     2.04426310338993978564e-15}};

// Above it the series below is exact to rounding, and cheaper than inverting the incomplete beta
// function.
constexpr double kManyDegrees = 1e5;

// Fisher and Cornish, "The percentile points of distributions having known cumulants",
// Technometrics 2 (1960): the terms that GT-11 names.
double student_series(double z, double degrees) {
  const double square = z * z;
  const double first = z * (square + 1.0) / 4.0;
  const double second = z * ((5.0 * square + 16.0) * square + 3.0) / 96.0;
  const double third = z * (((3.0 * square + 19.0) * square + 17.0) * square - 15.0) / 384.0;
  return z + (first + (second + third / degrees) / degrees) / degrees;
}

}  // namespace

double upper_normal(double alpha) {
  KAIZEN_CHECK(alpha > 0.0 && alpha < 1.0, "a level lies inside (0, 1)");
  constexpr double kMiddleHalf = 0.425;
  constexpr double kTailShift = 1.6;
  constexpr double kFarTailShift = 5.0;
  const double from_middle = 0.5 - alpha;
  if (std::fabs(from_middle) <= kMiddleHalf) {
    return from_middle * evaluate(kMiddle, kMiddleHalf * kMiddleHalf - from_middle * from_middle);
  }
  const double tail = from_middle > 0.0 ? alpha : 1.0 - alpha;
  const double r = std::sqrt(-std::log(tail));
  const double z =
      r <= kFarTailShift ? evaluate(kTail, r - kTailShift) : evaluate(kFarTail, r - kFarTailShift);
  return from_middle > 0.0 ? z : -z;
}

double upper_student(double alpha, double degrees) {
  KAIZEN_CHECK(alpha > 0.0 && alpha < 1.0, "a level lies inside (0, 1)");
  KAIZEN_CHECK(degrees >= 1.0, "one degree of freedom is the least");
  if (degrees >= kManyDegrees) return student_series(upper_normal(alpha), degrees);
  const boost::math::students_t_distribution<double, BoostPolicy> student(degrees);
  return boost::math::quantile(boost::math::complement(student, alpha));
}

}  // namespace kaizen::stats::gate
