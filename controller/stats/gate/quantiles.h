// Quantiles of the normal and of Student's distribution, as the bounds of the quality gate need
// them. Pure; any thread.
#pragma once

namespace kaizen::stats::gate {

// z with P(Z > z) = alpha for a standard normal Z (GT-7); 0 < alpha < 1.
double upper_normal(double alpha);

// t with P(T > t) = alpha for Student's T with `degrees` >= 1 degrees of freedom (GT-11); 0 < alpha
// < 1. Exact to about 1e-14 relative, where the series that GT-11 names is off by up to 1e-3.
double upper_student(double alpha, double degrees);

}  // namespace kaizen::stats::gate
