#include "hand.h"

#include <math.h>
#include <string.h>

/* The compiler may reorder a sum where this asks for it, and nowhere else. */
static inline double dot(long n, const double *restrict x, const double *restrict y) {
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (long i = 0; i < n; i++) sum += x[i] * y[i];
    return sum;
}

static inline void add_scaled(long n, double a, const double *restrict x, double *restrict y) {
#pragma omp simd
    for (long i = 0; i < n; i++) y[i] += a * x[i];
}

static double normal_cdf(double x) { return 0.5 * erfc(-x * M_SQRT1_2); }

static long one(const int64_t *dimensions, long n) { return (void)dimensions, (void)n, 1; }
static long as_many(const int64_t *dimensions, long n) { return (void)dimensions, n; }
static long squared(const int64_t *dimensions, long n) { return (void)dimensions, n * n; }

/* Gaussian mixture */

typedef struct {
    long d, components, points, factor;
    double gamma, m, *scales, *sums, *centred, *whitened, *terms, *moment_y, *moment_yz;
} Mixture;

static Mixture mixture(const int64_t *dimensions, const double *data, double *work) {
    Mixture mix = {.d = dimensions[0], .components = dimensions[1], .points = dimensions[2], .gamma = data[0], .m = data[1]};
    const long each = mix.components * mix.d;
    mix.factor = mix.d * (mix.d + 1) / 2;
    mix.scales = work;
    mix.centred = work + each;
    mix.whitened = work + 2 * each;
    mix.moment_y = work + 3 * each;
    mix.moment_yz = work + 4 * each;
    mix.sums = work + 5 * each;
    mix.terms = mix.sums + mix.components;
    return mix;
}

static long mixture_work(const int64_t *dimensions, long n) { return (void)n, dimensions[1] * (5 * dimensions[0] + 2); }

static double log_sum_exp(long n, const double *terms) {
    double max = -INFINITY, sum = 0;
    for (long k = 0; k < n; k++) max = fmax(max, terms[k]);
    for (long k = 0; k < n; k++) sum += exp(terms[k] - max);
    return max + log(sum);
}

static double mixture_prior(const Mixture *mix, const double *factors) {
    double logarithms = 0, squares = 0;
    for (long k = 0; k < mix->components; k++) {
        const double *factor = factors + k * mix->factor;
        double sum = 0;
        for (long j = 0; j < mix->d; j++) {
            const double scale = exp(factor[j]);
            mix->scales[k * mix->d + j] = scale;
            sum += factor[j];
            squares += scale * scale;
        }
        squares += dot(mix->factor - mix->d, factor + mix->d, factor + mix->d);
        mix->sums[k] = sum;
        logarithms += sum;
    }
    return mix->m * logarithms - 0.5 * mix->gamma * mix->gamma * squares;
}

static double mixture_point(const Mixture *mix, const double *x, const double *point) {
    const long d = mix->d;
    const double *means = x + mix->components, *factors = means + mix->components * d;
    for (long k = 0; k < mix->components; k++) {
        const double *restrict mean = means + k * d, *restrict scale = mix->scales + k * d, *column = factors + k * mix->factor + d;
        double *restrict z = mix->centred + k * d, *restrict y = mix->whitened + k * d;
        for (long j = 0; j < d; j++) {
            z[j] = point[j] - mean[j];
            y[j] = scale[j] * z[j];
        }
        for (long j = 0; j < d - 1; column += d - 1 - j, j++) add_scaled(d - 1 - j, z[j], column, y + j + 1);
        mix->terms[k] = x[k] + mix->sums[k] - 0.5 * dot(d, y, y);
    }
    return log_sum_exp(mix->components, mix->terms);
}

static void mixture_value(const int64_t *dimensions, long n, const double *x, const double *data, double *work, double *result) {
    (void)n;
    const Mixture mix = mixture(dimensions, data, work);
    const double freedom = mix.d + mix.m + 1;
    double log_gamma = mix.d * (mix.d - 1) / 4.0 * log(M_PI), sum = mixture_prior(&mix, x + mix.components * (1 + mix.d));
    for (long j = 0; j < mix.d; j++) log_gamma += lgamma((freedom - j) / 2);
    for (long i = 0; i < mix.points; i++) sum += mixture_point(&mix, x, data + 2 + i * mix.d);
    *result = sum - mix.points * log_sum_exp(mix.components, x) - mix.points * mix.d * 0.5 * log(2 * M_PI) +
              mix.components * (freedom * mix.d * (log(mix.gamma) - 0.5 * M_LN2) - log_gamma);
}

/* What is linear in a component's numbers is summed over the points first, and multiplied by its factor once. */
static void mixture_gradient(const int64_t *dimensions, long n, const double *x, const double *data, double *work, double *gradient) {
    const Mixture mix = mixture(dimensions, data, work);
    const long d = mix.d, components = mix.components;
    const double *factors = x + components * (1 + d), square = mix.gamma * mix.gamma;
    double *factor_slopes = gradient + components * (1 + d);
    mixture_prior(&mix, factors);
    memset(gradient, 0, n * sizeof(double));
    memset(mix.moment_y, 0, 2 * components * d * sizeof(double));
    for (long i = 0; i < mix.points; i++) {
        const double total = mixture_point(&mix, x, data + 2 + i * d);
        for (long k = 0; k < components; k++) {
            const double *restrict z = mix.centred + k * d, *restrict y = mix.whitened + k * d, share = exp(mix.terms[k] - total);
            double *restrict moment_y = mix.moment_y + k * d, *restrict moment_yz = mix.moment_yz + k * d;
            double *column = factor_slopes + k * mix.factor + d;
            gradient[k] += share;
            for (long j = 0; j < d; j++) {
                const double weighted = share * y[j];
                moment_y[j] += weighted;
                moment_yz[j] += weighted * z[j];
            }
            for (long j = 0; j < d - 1; column += d - 1 - j, j++) add_scaled(d - 1 - j, -share * z[j], y + j + 1, column);
        }
    }
    const double total = log_sum_exp(components, x);
    for (long k = 0; k < components; k++) {
        const double *factor = factors + k * mix.factor, *column = factor + d, *scale = mix.scales + k * d, *moment_y = mix.moment_y + k * d;
        double *mean = gradient + components + k * d, *slope = factor_slopes + k * mix.factor;
        for (long j = 0; j < d; column += d - 1 - j, j++) {
            mean[j] = scale[j] * moment_y[j] + dot(d - 1 - j, column, moment_y + j + 1);
            slope[j] = gradient[k] - scale[j] * mix.moment_yz[k * d + j] + mix.m - square * scale[j] * scale[j];
        }
        add_scaled(mix.factor - d, -square, factor + d, slope + d);
        gradient[k] -= mix.points * exp(x[k] - total);
    }
}

/* Bundle adjustment */

static long ba_results(const int64_t *dimensions, long n) { return (void)n, 3 * dimensions[2]; }
static long ba_entries(const int64_t *dimensions, long n) { return (void)n, 31 * dimensions[2]; }

typedef struct {
    const double *camera, *point, *seen;
    double weight;
} Observation;

static Observation observation(const int64_t *dimensions, const double *x, const double *data, long k) {
    const double *datum = data + 4 * k, *points = x + 11 * dimensions[0];
    return (Observation){x + 11 * (long)datum[0], points + 3 * (long)datum[1], datum + 2, points[3 * dimensions[1] + k]};
}

typedef struct {
    double a, b, c, slope_b, slope_c;
} Rotation;

static inline Rotation rotation(double square) {
    if (square == 0) return (Rotation){1, 1, 0.5, -1.0 / 3, -1.0 / 12};
    const double angle = sqrt(square), a = cos(angle), b = sin(angle) / angle, c = (1 - a) / square;
    return (Rotation){a, b, c, (a - b) / square, (b - 2 * c) / square};
}

static void ba_value(const int64_t *dimensions, long n, const double *x, const double *data, double *work, double *result) {
    (void)n, (void)work;
    const long count = dimensions[2];
    for (long k = 0; k < count; k++) {
        const Observation o = observation(dimensions, x, data, k);
        const double *r = o.camera, *centre = r + 3, *f = r + 6;
        const double v0 = o.point[0] - centre[0], v1 = o.point[1] - centre[1], v2 = o.point[2] - centre[2];
        const Rotation t = rotation(r[0] * r[0] + r[1] * r[1] + r[2] * r[2]);
        const double along = t.c * (r[0] * v0 + r[1] * v1 + r[2] * v2);
        const double p0 = t.a * v0 + t.b * (r[1] * v2 - r[2] * v1) + along * r[0];
        const double p1 = t.a * v1 + t.b * (r[2] * v0 - r[0] * v2) + along * r[1];
        const double p2 = t.a * v2 + t.b * (r[0] * v1 - r[1] * v0) + along * r[2];
        const double u0 = p0 / p2, u1 = p1 / p2, square = u0 * u0 + u1 * u1, scale = f[0] * (1 + square * (f[3] + square * f[4]));
        result[2 * k] = o.weight * (scale * u0 + f[1] - o.seen[0]);
        result[2 * k + 1] = o.weight * (scale * u1 + f[2] - o.seen[1]);
        result[2 * count + k] = 1 - o.weight * o.weight;
    }
}

static void ba_jacobian(const int64_t *dimensions, long n, const double *x, const double *data, double *work, double *result) {
    (void)n, (void)work;
    const long count = dimensions[2];
    for (long k = 0; k < count; k++) {
        const Observation o = observation(dimensions, x, data, k);
        const double *r = o.camera, *centre = r + 3, f = r[6], k0 = r[9], k1 = r[10], w = o.weight;
        const double v0 = o.point[0] - centre[0], v1 = o.point[1] - centre[1], v2 = o.point[2] - centre[2];
        const Rotation t = rotation(r[0] * r[0] + r[1] * r[1] + r[2] * r[2]);
        const double along = r[0] * v0 + r[1] * v1 + r[2] * v2;
        const double c0 = r[1] * v2 - r[2] * v1, c1 = r[2] * v0 - r[0] * v2, c2 = r[0] * v1 - r[1] * v0;
        const double p0 = t.a * v0 + t.b * c0 + t.c * along * r[0], p1 = t.a * v1 + t.b * c1 + t.c * along * r[1];
        const double p2 = t.a * v2 + t.b * c2 + t.c * along * r[2];
        /* d(R v) / dr[j] is r[j] e, and what comes of the vectors */
        const double e0 = -t.b * v0 + t.slope_b * c0 + t.slope_c * along * r[0], e1 = -t.b * v1 + t.slope_b * c1 + t.slope_c * along * r[1];
        const double e2 = -t.b * v2 + t.slope_b * c2 + t.slope_c * along * r[2];
        const double inverse = 1 / p2, u[2] = {p0 * inverse, p1 * inverse}, square = u[0] * u[0] + u[1] * u[1];
        const double distortion = 1 + square * (k0 + square * k1), bend = w * f * (2 * k0 + 4 * square * k1);
        for (int row = 0; row < 2; row++) {
            double *jacobian = result + 30 * k + 15 * row;
            const double g0 = bend * u[row] * u[0] + (row == 0 ? w * f * distortion : 0), g1 = bend * u[row] * u[1] + (row == 1 ? w * f * distortion : 0);
            const double q0 = g0 * inverse, q1 = g1 * inverse, q2 = -(q0 * u[0] + q1 * u[1]);
            const double qr = t.c * (q0 * r[0] + q1 * r[1] + q2 * r[2]), qe = q0 * e0 + q1 * e1 + q2 * e2;
            const double t0 = t.a * q0 + t.b * (q1 * r[2] - q2 * r[1]) + qr * r[0], t1 = t.a * q1 + t.b * (q2 * r[0] - q0 * r[2]) + qr * r[1];
            const double t2 = t.a * q2 + t.b * (q0 * r[1] - q1 * r[0]) + qr * r[2];
            jacobian[0] = qe * r[0] + t.b * (v1 * q2 - v2 * q1) + qr * v0 + t.c * along * q0;
            jacobian[1] = qe * r[1] + t.b * (v2 * q0 - v0 * q2) + qr * v1 + t.c * along * q1;
            jacobian[2] = qe * r[2] + t.b * (v0 * q1 - v1 * q0) + qr * v2 + t.c * along * q2;
            jacobian[3] = -t0;
            jacobian[4] = -t1;
            jacobian[5] = -t2;
            jacobian[6] = w * distortion * u[row];
            jacobian[7] = row == 0 ? w : 0;
            jacobian[8] = row == 1 ? w : 0;
            jacobian[9] = w * f * square * u[row];
            jacobian[10] = jacobian[9] * square;
            jacobian[11] = t0;
            jacobian[12] = t1;
            jacobian[13] = t2;
            jacobian[14] = f * distortion * u[row] + r[7 + row] - o.seen[row];
        }
        result[30 * count + k] = -2 * w;
    }
}

/* Rosenbrock */

static void rosenbrock_value(const int64_t *dimensions, long n, const double *x, const double *data, double *work, double *result) {
    (void)dimensions, (void)data, (void)work;
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (long i = 0; i < n - 1; i++) {
        const double a = 1 - x[i], b = x[i + 1] - x[i] * x[i];
        sum += a * a + 100 * (b * b);
    }
    *result = sum;
}

static void rosenbrock_gradient(const int64_t *dimensions, long n, const double *x, const double *data, double *work, double *gradient) {
    (void)dimensions, (void)data, (void)work;
    double before = 0;
    for (long i = 0; i < n - 1; i++) {
        const double a = 1 - x[i], b = x[i + 1] - x[i] * x[i];
        gradient[i] = before - 2 * a - 400 * x[i] * b;
        before = 200 * b;
    }
    gradient[n - 1] = before;
}

static void rosenbrock_hessian(const int64_t *dimensions, long n, const double *x, const double *data, double *work, double *hessian) {
    (void)dimensions, (void)data, (void)work;
    memset(hessian, 0, n * n * sizeof(double));
    for (long i = 0; i < n - 1; i++) {
        hessian[i * n + i] += 2 - 400 * (x[i + 1] - x[i] * x[i]) + 800 * x[i] * x[i];
        hessian[i * n + i + 1] = hessian[(i + 1) * n + i] = -400 * x[i];
        hessian[(i + 1) * n + i + 1] += 200;
    }
}

/* Speelpenning's product */

static void product_value(const int64_t *dimensions, long n, const double *x, const double *data, double *work, double *result) {
    (void)dimensions, (void)data, (void)work;
    double product = 1;
    for (long i = 0; i < n; i++) product *= x[i];
    *result = product;
}

static void product_gradient(const int64_t *dimensions, long n, const double *x, const double *data, double *work, double *gradient) {
    (void)dimensions, (void)data, (void)work;
    double before = 1, after = 1;
    for (long i = 0; i < n; i++) {
        gradient[i] = before;
        before *= x[i];
    }
    for (long i = n - 1; i >= 0; i--) {
        gradient[i] *= after;
        after *= x[i];
    }
}

/* Black-Scholes */

static long options(const int64_t *dimensions, long n) { return (void)n, dimensions[0]; }

static void black_scholes_value(const int64_t *dimensions, long n, const double *x, const double *data, double *work, double *result) {
    (void)n, (void)data, (void)work;
    for (long i = 0; i < dimensions[0]; i++, x += 5) {
        const double s = x[0], k = x[1], r = x[2], v = x[3], t = x[4], deviation = v * sqrt(t);
        const double d1 = (log(s / k) + (r + v * v / 2) * t) / deviation;
        result[i] = s * normal_cdf(d1) - k * exp(-r * t) * normal_cdf(d1 - deviation);
    }
}

static void black_scholes_greeks(const int64_t *dimensions, long n, const double *x, const double *data, double *work, double *greeks) {
    (void)n, (void)data, (void)work;
    for (long i = 0; i < dimensions[0]; i++, x += 5, greeks += 5) {
        const double s = x[0], k = x[1], r = x[2], v = x[3], t = x[4], root = sqrt(t), d1 = (log(s / k) + (r + v * v / 2) * t) / (v * root);
        const double density = s * exp(-d1 * d1 / 2) * (M_SQRT1_2 * M_2_SQRTPI / 2), discounted = exp(-r * t) * normal_cdf(d1 - v * root);
        greeks[0] = normal_cdf(d1);
        greeks[1] = -discounted;
        greeks[2] = k * t * discounted;
        greeks[3] = density * root;
        greeks[4] = density * v / (2 * root) + r * k * discounted;
    }
}

/* Heston */

static long two_steps(const int64_t *dimensions, long n) { return (void)n, 2 * dimensions[1]; }

static void heston_value(const int64_t *dimensions, long n, const double *x, const double *data, double *work, double *result) {
    (void)n, (void)work;
    const long paths = dimensions[0], steps = dimensions[1];
    const double strike = data[0], time = data[1], dt = time / steps, *normal = data + 2;
    const double kappa = x[2], theta = x[3], xi = x[4], rho = x[5], rate = x[6], rest = sqrt(1 - rho * rho), start = log(x[0]);
    double sum = 0;
    for (long path = 0; path < paths; path++) {
        double logarithm = start, v = x[1];
        for (long step = 0; step < steps; step++, normal += 2) {
            const double positive = v > 0 ? v : 0, s = sqrt(positive * dt);
            logarithm += (rate - 0.5 * positive) * dt + s * normal[0];
            v += kappa * (theta - positive) * dt + xi * s * (rho * normal[0] + rest * normal[1]);
        }
        const double gain = exp(logarithm) - strike;
        if (gain > 0) sum += gain;
    }
    *result = exp(-rate * time) * sum / paths;
}

static void heston_gradient(const int64_t *dimensions, long n, const double *x, const double *data, double *work, double *gradient) {
    const long paths = dimensions[0], steps = dimensions[1];
    const double strike = data[0], time = data[1], dt = time / steps, *normal = data + 2;
    const double kappa = x[2], theta = x[3], xi = x[4], rho = x[5], rate = x[6], rest = sqrt(1 - rho * rho), tilt = rho / rest, start = log(x[0]);
    const double discount = exp(-rate * time) / paths;
    double *variances = work, *roots = work + steps;
    memset(gradient, 0, n * sizeof(double));
    for (long path = 0; path < paths; path++, normal += 2 * steps) {
        double logarithm = start, v = x[1];
        for (long step = 0; step < steps; step++) {
            const double z = normal[2 * step], w = normal[2 * step + 1], positive = v > 0 ? v : 0, s = sqrt(positive * dt);
            variances[step] = v;
            roots[step] = s;
            logarithm += (rate - 0.5 * positive) * dt + s * z;
            v += kappa * (theta - positive) * dt + xi * s * (rho * z + rest * w);
        }
        const double final = exp(logarithm), log_bar = discount * final;
        if (final <= strike) continue;
        double v_bar = 0;
        for (long step = steps - 1; step >= 0; step--) {
            const double z = normal[2 * step], w = normal[2 * step + 1], s = roots[step], positive = variances[step] > 0 ? variances[step] : 0;
            const double shock = rho * z + rest * w, s_bar = log_bar * z + v_bar * xi * shock;
            gradient[2] += v_bar * (theta - positive) * dt;
            gradient[3] += v_bar * kappa * dt;
            gradient[4] += v_bar * s * shock;
            gradient[5] += v_bar * xi * s * (z - tilt * w);
            if (variances[step] > 0) v_bar += s_bar * dt / (2 * s) - v_bar * kappa * dt - 0.5 * dt * log_bar;
        }
        gradient[0] += log_bar / x[0];
        gradient[1] += v_bar;
        gradient[6] += log_bar * time - time * discount * (final - strike);
    }
}

/* Lorenz */

static long three(const int64_t *dimensions, long n) { return (void)dimensions, (void)n, 3; }
static long three_by_six(const int64_t *dimensions, long n) { return (void)dimensions, (void)n, 18; }

static void lorenz_value(const int64_t *dimensions, long n, const double *x, const double *data, double *work, double *result) {
    (void)n, (void)work;
    const double h = data[0], offsets[4] = {0, h / 2, h / 2, h}, sigma = x[3], rho = x[4], beta = x[5];
    double u[3] = {x[0], x[1], x[2]}, k[4][3];
    for (long step = 0; step < dimensions[0]; step++) {
        for (int stage = 0; stage < 4; stage++) {
            double w[3] = {u[0], u[1], u[2]};
            if (stage > 0)
                for (int i = 0; i < 3; i++) w[i] += offsets[stage] * k[stage - 1][i];
            k[stage][0] = sigma * (w[1] - w[0]);
            k[stage][1] = w[0] * (rho - w[2]) - w[1];
            k[stage][2] = w[0] * w[1] - beta * w[2];
        }
        for (int i = 0; i < 3; i++) u[i] += h / 6 * (k[0][i] + 2 * (k[1][i] + k[2][i]) + k[3][i]);
    }
    memcpy(result, u, sizeof u);
}

/* The variational equations beside the system's, by the same steps. */
static void lorenz_jacobian(const int64_t *dimensions, long n, const double *x, const double *data, double *work, double *result) {
    (void)n, (void)work;
    const double h = data[0], offsets[4] = {0, h / 2, h / 2, h}, sigma = x[3], rho = x[4], beta = x[5];
    double u[3] = {x[0], x[1], x[2]}, k[4][3], tangents[3][6] = {{1}, {0, 1}, {0, 0, 1}}, slopes[4][3][6];
    for (long step = 0; step < dimensions[0]; step++) {
        for (int stage = 0; stage < 4; stage++) {
            double w[3] = {u[0], u[1], u[2]}, dw[3][6];
            memcpy(dw, tangents, sizeof dw);
            if (stage > 0)
                for (int i = 0; i < 3; i++) {
                    w[i] += offsets[stage] * k[stage - 1][i];
                    for (int j = 0; j < 6; j++) dw[i][j] += offsets[stage] * slopes[stage - 1][i][j];
                }
            k[stage][0] = sigma * (w[1] - w[0]);
            k[stage][1] = w[0] * (rho - w[2]) - w[1];
            k[stage][2] = w[0] * w[1] - beta * w[2];
            for (int j = 0; j < 6; j++) {
                slopes[stage][0][j] = sigma * (dw[1][j] - dw[0][j]);
                slopes[stage][1][j] = (rho - w[2]) * dw[0][j] - w[0] * dw[2][j] - dw[1][j];
                slopes[stage][2][j] = w[1] * dw[0][j] + w[0] * dw[1][j] - beta * dw[2][j];
            }
            slopes[stage][0][3] += w[1] - w[0];
            slopes[stage][1][4] += w[0];
            slopes[stage][2][5] -= w[2];
        }
        for (int i = 0; i < 3; i++) {
            u[i] += h / 6 * (k[0][i] + 2 * (k[1][i] + k[2][i]) + k[3][i]);
            for (int j = 0; j < 6; j++) tangents[i][j] += h / 6 * (slopes[0][i][j] + 2 * (slopes[1][i][j] + slopes[2][i][j]) + slopes[3][i][j]);
        }
    }
    memcpy(result, tangents, sizeof tangents);
}

/* Logistic regression */

static void logistic_value(const int64_t *dimensions, long n, const double *w, const double *data, double *work, double *result) {
    (void)work;
    const long rows = dimensions[0];
    const double ridge = data[0], *labels = data + 1 + rows * n;
    double sum = 0;
    for (long i = 0; i < rows; i++) {
        const double z = dot(n, w, data + 1 + i * n);
        sum += fmax(z, 0) + log(1 + exp(-fabs(z))) - labels[i] * z;
    }
    *result = sum / rows + ridge / 2 * dot(n, w, w);
}

static void logistic_gradient(const int64_t *dimensions, long n, const double *w, const double *data, double *work, double *gradient) {
    (void)work;
    const long rows = dimensions[0];
    const double ridge = data[0], *labels = data + 1 + rows * n;
    for (long j = 0; j < n; j++) gradient[j] = ridge * w[j];
    for (long i = 0; i < rows; i++) {
        const double *row = data + 1 + i * n;
        add_scaled(n, (1 / (1 + exp(-dot(n, w, row))) - labels[i]) / rows, row, gradient);
    }
}

/* Multilayer perceptron */

static long three_widths(const int64_t *dimensions, long n) { return (void)n, 3 * dimensions[0]; }

static double perceptron_point(long width, const double *x, const double *input, double target, double *first, double *second) {
    const double *layer = x + width * (width + 1), *output = layer + width * (width + 1);
    for (long i = 0; i < width; i++) first[i] = tanh(x[width * width + i] + dot(width, input, x + i * width));
    for (long i = 0; i < width; i++) second[i] = tanh(layer[width * width + i] + dot(width, first, layer + i * width));
    return output[width] + dot(width, second, output) - target;
}

static void perceptron_value(const int64_t *dimensions, long n, const double *x, const double *data, double *work, double *result) {
    (void)n;
    const long width = dimensions[0], batch = dimensions[1];
    double sum = 0;
    for (long point = 0; point < batch; point++) {
        const double error = perceptron_point(width, x, data + point * width, data[batch * width + point], work, work + width);
        sum += error * error;
    }
    *result = sum / batch;
}

static void perceptron_gradient(const int64_t *dimensions, long n, const double *x, const double *data, double *work, double *gradient) {
    const long width = dimensions[0], batch = dimensions[1], square = width * width, layer = square + width, output = 2 * layer;
    double *first = work, *second = work + width, *bar = work + 2 * width;
    memset(gradient, 0, n * sizeof(double));
    for (long point = 0; point < batch; point++) {
        const double *input = data + point * width;
        const double error_bar = 2 * perceptron_point(width, x, input, data[batch * width + point], first, second) / batch;
        gradient[output + width] += error_bar;
        add_scaled(width, error_bar, second, gradient + output);
        memset(bar, 0, width * sizeof(double));
        for (long i = 0; i < width; i++) {
            const double z = error_bar * x[output + i] * (1 - second[i] * second[i]);
            gradient[layer + square + i] += z;
            add_scaled(width, z, first, gradient + layer + i * width);
            add_scaled(width, z, x + layer + i * width, bar);
        }
        for (long i = 0; i < width; i++) {
            const double z = bar[i] * (1 - first[i] * first[i]);
            gradient[square + i] += z;
            add_scaled(width, z, input, gradient + i * width);
        }
    }
}

/* Helmholtz energy */

typedef struct {
    double volume, sum, attraction, h, slope, curvature;
} Fluid;

static Fluid fluid(long n, const double *x, const double *data, double *ax) {
    const double plus = 1 + M_SQRT2, minus = 1 - M_SQRT2, volume = dot(n, x, data);
    double sum = 0;
    for (long i = 0; i < n; i++) {
        ax[i] = dot(n, x, data + n + i * n);
        sum += x[i];
    }
    const double p = plus / (1 + plus * volume), m = minus / (1 + minus * volume), ratio = log((1 + plus * volume) / (1 + minus * volume)) / volume;
    const double scale = -1 / (sqrt(8) * volume), first = p - m;
    return (Fluid){
        volume, sum, dot(n, x, ax), scale * ratio * volume, scale * (first - ratio), scale * (m * m - p * p - 2 * (first - ratio) / volume)};
}

static void helmholtz_value(const int64_t *dimensions, long n, const double *x, const double *data, double *work, double *result) {
    (void)dimensions;
    const Fluid f = fluid(n, x, data, work);
    double energy = f.attraction * f.h;
    for (long i = 0; i < n; i++) energy += x[i] * log(x[i] / (1 - f.volume));
    *result = energy;
}

static void helmholtz_gradient(const int64_t *dimensions, long n, const double *x, const double *data, double *work, double *gradient) {
    (void)dimensions;
    const Fluid f = fluid(n, x, data, work);
    const double free = 1 - f.volume, common = f.sum / free + f.attraction * f.slope;
    for (long i = 0; i < n; i++) gradient[i] = log(x[i] / free) + 1 + 2 * f.h * work[i] + common * data[i];
}

static void helmholtz_hessian(const int64_t *dimensions, long n, const double *x, const double *data, double *work, double *hessian) {
    (void)dimensions;
    const Fluid f = fluid(n, x, data, work);
    const double free = 1 - f.volume, common = f.sum / (free * free) + f.attraction * f.curvature;
    for (long i = 0; i < n; i++) {
        const double b = data[i], constant = b / free, factor = 1 / free + 2 * f.slope * work[i] + common * b, *a = data + n + i * n;
        for (long j = 0; j < n; j++) hessian[i * n + j] = constant + 2 * f.h * a[j] + 2 * f.slope * b * work[j] + factor * data[j];
        hessian[i * n + i] += 1 / x[i];
    }
}

/* Skinned hand. Frames are 3 x 4 by rows. */

enum { BONES = 22, HAND_INPUTS = 26, OF_FINGER = 4 };

typedef struct {
    double m[12];
} Frame;

typedef struct {
    long vertices, points;
    const Frame *at_rest, *inverses;
    const double *positions, *weights, *vertex_of, *targets;
} Hand;

static Hand hand(const int64_t *dimensions, const double *data) {
    Hand h = {.vertices = dimensions[0], .points = dimensions[1], .at_rest = (const Frame *)data, .inverses = (const Frame *)data + BONES};
    h.positions = data + 2 * BONES * 12;
    h.weights = h.positions + 3 * h.vertices;
    h.vertex_of = h.weights + BONES * h.vertices;
    h.targets = h.vertex_of + h.points;
    return h;
}

static long hand_results(const int64_t *dimensions, long n) { return (void)n, 3 * dimensions[1]; }
static long hand_entries(const int64_t *dimensions, long n) { return 3 * dimensions[1] * n; }
static long hand_work(const int64_t *dimensions, long n) { return 3 * dimensions[0] * (1 + n); }

/* The product; the corner of b is 1 if it is a frame, 0 if it is the derivative of one. */
static inline Frame compose(const Frame *a, const Frame *b, double corner) {
    Frame c;
    for (int i = 0; i < 12; i += 4)
        for (int j = 0; j < 4; j++)
            c.m[i + j] = a->m[i] * b->m[j] + a->m[i + 1] * b->m[4 + j] + a->m[i + 2] * b->m[8 + j] + (j == 3 ? corner * a->m[i + 3] : 0);
    return c;
}

typedef struct {
    Frame relative[BONES], frames[BONES], transforms[BONES], slopes[BONES][OF_FINGER];
} Pose;

/* The wrist, the palm, and fingers of four bones, whose angles are bend and spread of the first and the bends of the next two. An angle moves the bones from its
   own to the tip of its finger. */
static void hand_pose(const Hand *h, const double *x, Pose *pose, int with_slopes) {
    for (int bone = 0; bone < BONES; bone++) {
        const int joint = bone < 2 ? -1 : (bone - 2) % OF_FINGER, parent = joint == 0 ? 1 : bone - 1;
        const double *angles = x + 6 + (bone - 2) / OF_FINGER * OF_FINGER, bend = joint < 0 || joint == 3 ? 0 : angles[joint == 0 ? 0 : joint + 1];
        const double spread = joint == 0 ? angles[1] : 0, sb = sin(bend), cb = cos(bend), ss = sin(spread), cs = cos(spread);
        const Frame turn = {{cs, -ss * cb, ss * sb, 0, ss, cs * cb, -cs * sb, 0, 0, sb, cb, 0}};
        pose->relative[bone] = compose(&h->at_rest[bone], &turn, 1);
        pose->frames[bone] = bone == 0 ? pose->relative[0] : compose(&pose->frames[parent], &pose->relative[bone], 1);
        pose->transforms[bone] = compose(&pose->frames[bone], &h->inverses[bone], 1);
        if (!with_slopes || joint < 0) continue;
        const int inherited = joint == 0 ? 0 : joint == 3 ? OF_FINGER : joint + 1;
        Frame *slopes = pose->slopes[bone];
        for (int angle = 0; angle < inherited; angle++) slopes[angle] = compose(&pose->slopes[parent][angle], &pose->relative[bone], 1);
        if (joint == 3) continue;
        const Frame by_bend = {{0, ss * sb, ss * cb, 0, 0, -cs * sb, -cs * cb, 0, 0, cb, -sb, 0}};
        const Frame by_spread = {{-ss, -cs * cb, cs * sb, 0, cs, -ss * cb, ss * sb, 0, 0, 0, 0, 0}};
        const Frame bent = compose(&h->at_rest[bone], &by_bend, 0), swung = compose(&h->at_rest[bone], &by_spread, 0);
        slopes[inherited] = compose(&pose->frames[parent], &bent, 0);
        if (joint == 0) slopes[1] = compose(&pose->frames[parent], &swung, 0);
    }
}

static Frame hand_place(const double *x) {
    const double r0 = x[0], r1 = x[1], r2 = x[2];
    const Rotation t = rotation(r0 * r0 + r1 * r1 + r2 * r2);
    const double p0 = t.b * r0, p1 = t.b * r1, p2 = t.b * r2, q0 = t.c * r0, q1 = t.c * r1, q2 = t.c * r2;
    return (Frame){{t.a + q0 * r0, q0 * r1 - p2, q0 * r2 + p1, x[3], q1 * r0 + p2, t.a + q1 * r1, q1 * r2 - p0, x[4], q2 * r0 - p1, q2 * r1 + p0, t.a + q2 * r2, x[5]}};
}

/* The derivative of a I + b [r] + c r r' by r[j], where sign(i, k, j) is what r[j] counts in the element (i, k) of [r]. */
static int sign(int i, int k, int j) { return (i - k) * (j - i) * (j - k) / 2; }

static Frame hand_place_slope(const double *r, int j) {
    const Rotation t = rotation(r[0] * r[0] + r[1] * r[1] + r[2] * r[2]);
    Frame result = {{0}};
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) {
            const double skew = i == k ? 0 : sign(i, k, 3 - i - k) * r[3 - i - k];
            result.m[4 * i + k] = r[j] * (t.slope_b * skew + t.slope_c * r[i] * r[k] - (i == k ? t.b : 0)) + t.b * sign(i, k, j) +
                                  t.c * ((i == j ? r[k] : 0) + (k == j ? r[i] : 0));
        }
    return result;
}

/* Adds weights times the mapped points to the sums, or with no weights the mapped points. */
static void add_mapped(long n, const Frame *map, const double *restrict points, const double *restrict weights, double *restrict sums) {
    const double *m = map->m, *y = points + n, *z = points + 2 * n;
    for (int row = 0; row < 3; row++, m += 4, sums += n) {
        const double m0 = m[0], m1 = m[1], m2 = m[2], m3 = m[3];
        if (weights) {
#pragma omp simd
            for (long i = 0; i < n; i++) sums[i] += weights[i] * (m0 * points[i] + m1 * y[i] + m2 * z[i] + m3);
        } else {
#pragma omp simd
            for (long i = 0; i < n; i++) sums[i] += m0 * points[i] + m1 * y[i] + m2 * z[i] + m3;
        }
    }
}

static void hand_skin(const Hand *h, const Pose *pose, double *rest) {
    memset(rest, 0, 3 * h->vertices * sizeof(double));
    for (int bone = 0; bone < BONES; bone++) add_mapped(h->vertices, &pose->transforms[bone], h->positions, h->weights + bone * h->vertices, rest);
}

static void hand_value(const int64_t *dimensions, long n, const double *x, const double *data, double *work, double *result) {
    (void)n;
    const Hand h = hand(dimensions, data);
    const Frame place = hand_place(x);
    double *rest = work, *moved = work + 3 * h.vertices;
    Pose pose;
    hand_pose(&h, x, &pose, 0);
    hand_skin(&h, &pose, rest);
    memset(moved, 0, 3 * h.vertices * sizeof(double));
    add_mapped(h.vertices, &place, rest, NULL, moved);
    for (int row = 0; row < 3; row++, moved += h.vertices)
        for (long i = 0; i < h.points; i++) result[row * h.points + i] = h.targets[row * h.points + i] - moved[(long)h.vertex_of[i]];
}

static void hand_jacobian(const int64_t *dimensions, long n, const double *x, const double *data, double *work, double *result) {
    const Hand h = hand(dimensions, data);
    const long size = 3 * h.vertices;
    const Frame place = hand_place(x);
    double *rest = work, *slopes = work + size;
    Pose pose;
    hand_pose(&h, x, &pose, 1);
    hand_skin(&h, &pose, rest);
    memset(slopes, 0, n * size * sizeof(double));
    for (int j = 0; j < 3; j++) {
        const Frame slope = hand_place_slope(x, j);
        add_mapped(h.vertices, &slope, rest, NULL, slopes + j * size);
        for (long i = 0; i < h.vertices; i++) slopes[(3 + j) * size + j * h.vertices + i] = 1;
    }
    for (int bone = 2; bone < BONES; bone++) {
        const int joint = (bone - 2) % OF_FINGER, count = joint == 0 ? 2 : joint == 1 ? 3 : OF_FINGER;
        for (int angle = 0; angle < count; angle++) {
            const Frame transform = compose(&pose.slopes[bone][angle], &h.inverses[bone], 1), slope = compose(&place, &transform, 0);
            add_mapped(h.vertices, &slope, h.positions, h.weights + bone * h.vertices, slopes + (6 + bone - 2 - joint + angle) * size);
        }
    }
    for (int row = 0; row < 3; row++)
        for (long i = 0; i < h.points; i++, result += n) {
            const double *from = slopes + row * h.vertices + (long)h.vertex_of[i];
            for (long j = 0; j < n; j++) result[j] = -from[j * size];
        }
}

/* Long short-term memory: everything that the way back needs is put on a stack on the way there, as source transformation does. */

enum { ROWS = 8, KEPT = 8 };

typedef struct {
    long layers, steps, width, states, first;
    const double *start, *text;
} Memory;

static Memory memory(const int64_t *dimensions, const double *data) {
    Memory m = {.layers = dimensions[0], .steps = dimensions[1] - 1, .width = dimensions[2], .start = data};
    m.states = 2 * m.layers * m.width;
    m.first = m.layers * ROWS * m.width;
    m.text = data + m.states;
    return m;
}

static long lstm_work(const int64_t *dimensions, long n) {
    return (void)n, dimensions[2] * (4 * dimensions[0] + dimensions[1] * (1 + dimensions[0] * KEPT));
}

static inline double sigmoid(double x) { return 1 / (1 + exp(-x)); }

/* One character through the layers: the state moves on. For each element are kept input, hidden and cell before, the four gates, and tanh of the cell after. */
static void lstm_forward(const Memory *m, const double *x, const double *character, double *state, double *kept) {
    const long width = m->width;
    for (long layer = 0; layer < m->layers; layer++) {
        const double *w = x + layer * ROWS * width;
        double *hidden = state + 2 * layer * width, *cell = hidden + width;
        for (long i = 0; i < width; i++, kept += KEPT) {
            const double input = layer == 0 ? x[m->first + i] * character[i] : hidden[i - 2 * width];
            const double forget = sigmoid(w[i] * input + w[4 * width + i]), keep = sigmoid(w[width + i] * hidden[i] + w[5 * width + i]);
            const double show = sigmoid(w[2 * width + i] * input + w[6 * width + i]), change = tanh(w[3 * width + i] * hidden[i] + w[7 * width + i]);
            const double next = forget * cell[i] + keep * change, squashed = tanh(next);
            const double values[KEPT] = {input, hidden[i], cell[i], forget, keep, show, change, squashed};
            memcpy(kept, values, sizeof values);
            cell[i] = next;
            hidden[i] = show * squashed;
        }
    }
}

/* The log likelihood of a character after this output of the layers. Leaves y - logSumExp y. */
static double lstm_likelihood(const Memory *m, const double *extra, const double *output, const double *character, double *y) {
    double likelihood = 0;
    for (long i = 0; i < m->width; i++) y[i] = extra[m->width + i] * output[i] + extra[2 * m->width + i];
    const double shift = log_sum_exp(m->width, y);
    for (long i = 0; i < m->width; i++) {
        y[i] -= shift;
        likelihood += character[i] * y[i];
    }
    return likelihood;
}

static void lstm_value(const int64_t *dimensions, long n, const double *x, const double *data, double *work, double *result) {
    (void)n;
    const Memory m = memory(dimensions, data);
    double *state = work, *y = work + m.states, *kept = y + m.width, sum = 0;
    memcpy(state, m.start, m.states * sizeof(double));
    for (long step = 0; step < m.steps; step++) {
        lstm_forward(&m, x, m.text + step * m.width, state, kept);
        sum += lstm_likelihood(&m, x + m.first, state + m.states - 2 * m.width, m.text + (step + 1) * m.width, y);
    }
    *result = -sum / (m.steps * m.width);
}

static void lstm_backward(const Memory *m, const double *x, const double *character, const double *kept, double *state_bar, double *gradient) {
    const long width = m->width;
    for (long layer = m->layers - 1; layer >= 0; layer--) {
        const double *w = x + layer * ROWS * width, *k = kept + layer * width * KEPT;
        double *slope = gradient + layer * ROWS * width, *hidden_bar = state_bar + 2 * layer * width, *cell_bar = hidden_bar + width;
        for (long i = 0; i < width; i++, k += KEPT) {
            const double next_bar = cell_bar[i] + hidden_bar[i] * k[5] * (1 - k[7] * k[7]), forget_bar = next_bar * k[2] * k[3] * (1 - k[3]);
            const double keep_bar = next_bar * k[6] * k[4] * (1 - k[4]), show_bar = hidden_bar[i] * k[7] * k[5] * (1 - k[5]);
            const double change_bar = next_bar * k[4] * (1 - k[6] * k[6]), input_bar = forget_bar * w[i] + show_bar * w[2 * width + i];
            slope[i] += forget_bar * k[0];
            slope[width + i] += keep_bar * k[1];
            slope[2 * width + i] += show_bar * k[0];
            slope[3 * width + i] += change_bar * k[1];
            slope[4 * width + i] += forget_bar;
            slope[5 * width + i] += keep_bar;
            slope[6 * width + i] += show_bar;
            slope[7 * width + i] += change_bar;
            cell_bar[i] = next_bar * k[3];
            hidden_bar[i] = keep_bar * w[width + i] + change_bar * w[3 * width + i];
            if (layer == 0)
                gradient[m->first + i] += input_bar * character[i];
            else
                hidden_bar[i - 2 * width] += input_bar;
        }
    }
}

static void lstm_gradient(const int64_t *dimensions, long n, const double *x, const double *data, double *work, double *gradient) {
    const Memory m = memory(dimensions, data);
    const long size = m.layers * m.width * KEPT, width = m.width;
    const double *extra = x + m.first, bar = -1.0 / (m.steps * width);
    double *state = work, *state_bar = work + m.states, *y = work + 2 * m.states, *kept = y + m.steps * width, *extra_bar = gradient + m.first;
    memset(gradient, 0, n * sizeof(double));
    memset(state_bar, 0, m.states * sizeof(double));
    memcpy(state, m.start, m.states * sizeof(double));
    for (long step = 0; step < m.steps; step++) {
        lstm_forward(&m, x, m.text + step * width, state, kept + step * size);
        lstm_likelihood(&m, extra, state + m.states - 2 * width, m.text + (step + 1) * width, y + step * width);
    }
    for (long step = m.steps - 1; step >= 0; step--) {
        const double *character = m.text + (step + 1) * width, *k = kept + (step + 1) * size - width * KEPT;
        double *output_bar = state_bar + m.states - 2 * width, mass = 0;
        for (long i = 0; i < width; i++) mass += character[i];
        for (long i = 0; i < width; i++, k += KEPT) {
            const double y_bar = bar * (character[i] - mass * exp(y[step * width + i]));
            extra_bar[width + i] += y_bar * (k[5] * k[7]);
            extra_bar[2 * width + i] += y_bar;
            output_bar[i] += y_bar * extra[width + i];
        }
        lstm_backward(&m, x, m.text + step * width, kept + step * size, state_bar, gradient);
    }
}

const Problem hand_problems[] = {
    {"gmm", mixture_value, mixture_gradient, one, as_many, mixture_work},
    {"ba", ba_value, ba_jacobian, ba_results, ba_entries, one},
    {"rosenbrock", rosenbrock_value, rosenbrock_gradient, one, as_many, one},
    {"rosenbrock-hessian", rosenbrock_value, rosenbrock_hessian, one, squared, one},
    {"product", product_value, product_gradient, one, as_many, one},
    {"black-scholes", black_scholes_value, black_scholes_greeks, options, as_many, one},
    {"heston", heston_value, heston_gradient, one, as_many, two_steps},
    {"lorenz", lorenz_value, lorenz_jacobian, three, three_by_six, one},
    {"logistic", logistic_value, logistic_gradient, one, as_many, one},
    {"perceptron", perceptron_value, perceptron_gradient, one, as_many, three_widths},
    {"hand", hand_value, hand_jacobian, hand_results, hand_entries, hand_work},
    {"lstm", lstm_value, lstm_gradient, one, as_many, lstm_work},
    {"helmholtz", helmholtz_value, helmholtz_gradient, one, as_many, as_many},
    {"helmholtz-hessian", helmholtz_value, helmholtz_hessian, one, squared, as_many},
};

const int hand_problem_count = sizeof hand_problems / sizeof hand_problems[0];
