// The problems as templates over the number type, for the tools that overload operators. The mathematics and the layout of inputs are described
// in ../Problems/*.cs.
//
// A function here has `count` copies of a map from `n` numbers to `m`; copy k takes its numbers by `gather`. `small` is n where that is known to the
// compiler and small, else 0.
#pragma once

#include <algorithm>
#include <cmath>

#include "bench.hpp"

inline double normal_cdf(double x) { return 0.5 * std::erfc(-x * M_SQRT1_2); }
inline double plain(double x) { return x; }

struct Dense {
    const Instance& in;
    int n() const { return in.x.size(); }
    int m() const { return 1; }
    long count() const { return 1; }
    void gather(long, double* x) const { std::copy(in.x.begin(), in.x.end(), x); }
};

template <class T>
T log_sum_exp(const T* terms, int count) {
    using std::exp;
    using std::log;
    double shift = plain(terms[0]);
    for (int k = 1; k < count; k++) shift = std::max(shift, plain(terms[k]));
    T sum = exp(terms[0] - shift);
    for (int k = 1; k < count; k++) sum += exp(terms[k] - shift);
    return T(shift + log(sum));
}

struct Gmm : Dense {
    static constexpr int small = 0;
    double constant() const {
        const int d = in.dimensions[0];
        const double gamma = in.data[0], m = in.data[1], freedom = d + m + 1;
        double log_gamma = d * (d - 1) / 4.0 * std::log(M_PI);
        for (int j = 0; j < d; j++) log_gamma += std::lgamma((freedom - j) / 2);
        return in.dimensions[1] * (freedom * d * (std::log(gamma) - 0.5 * M_LN2) - log_gamma) - in.dimensions[2] * d * 0.5 * std::log(2 * M_PI);
    }
    template <class T>
    void operator()(long, const T* x, T* result) const {
        using std::exp;
        const int d = in.dimensions[0], components = in.dimensions[1], points = in.dimensions[2], factor = d + d * (d - 1) / 2;
        const double gamma = in.data[0], m = in.data[1], *data = &in.data[2];
        const T *means = x + components, *factors = means + components * d;
        std::vector<T> scales(components * d), heads(components), terms(components), z(d), y(d);
        T logarithms(0.0), squares(0.0), sum(0.0);
        for (int k = 0; k < components; k++) {
            heads[k] = x[k];
            for (int j = 0; j < d; j++) {
                const T& logarithm = factors[k * factor + j];
                scales[k * d + j] = exp(logarithm);
                squares += scales[k * d + j] * scales[k * d + j];
                logarithms += logarithm;
                heads[k] += logarithm;
            }
            for (int j = d; j < factor; j++) squares += factors[k * factor + j] * factors[k * factor + j];
        }
        for (int i = 0; i < points; i++) {
            for (int k = 0; k < components; k++) {
                for (int j = 0; j < d; j++) {
                    z[j] = data[i * d + j] - means[k * d + j];
                    y[j] = scales[k * d + j] * z[j];
                }
                const T* triangle = factors + k * factor + d;
                for (int column = 0; column < d; column++)
                    for (int row = column + 1; row < d; row++) y[row] += *triangle++ * z[column];
                T norm = y[0] * y[0];
                for (int j = 1; j < d; j++) norm += y[j] * y[j];
                terms[k] = heads[k] - 0.5 * norm;
            }
            sum += log_sum_exp(terms.data(), components);
        }
        T prior = m * logarithms - 0.5 * gamma * gamma * squares;
        T weights = log_sum_exp(x, components);
        *result = sum - double(points) * weights + prior + constant();
    }
};

struct Reprojection {
    static constexpr int small = 15;
    const Instance& in;
    int n() const { return 15; }
    int m() const { return 2; }
    long count() const { return in.dimensions[2]; }
    void gather(long k, double* x) const {
        const double *cameras = in.x.data(), *points = cameras + 11 * in.dimensions[0], *datum = &in.data[4 * k];
        std::copy_n(cameras + 11 * long(datum[0]), 11, x);
        std::copy_n(points + 3 * long(datum[1]), 3, x + 11);
        x[14] = points[3 * in.dimensions[1] + k];
    }
    template <class T>
    void operator()(long k, const T* x, T* result) const {
        apply(x, datum(k), result);
    }
    // What differs between the copies besides the arguments, for a tape that is replayed on all of them.
    static constexpr int data = 2;
    const double* datum(long k) const { return &in.data[4 * k + 2]; }
    template <class T, class D>
    void apply(const T* x, const D* seen, T* result) const {
        using std::cos;
        using std::sin;
        using std::sqrt;
        T v0 = x[11] - x[3], v1 = x[12] - x[4], v2 = x[13] - x[5], square = x[0] * x[0] + x[1] * x[1] + x[2] * x[2];
        T c0 = x[1] * v2 - x[2] * v1, c1 = x[2] * v0 - x[0] * v2, c2 = x[0] * v1 - x[1] * v0, p0, p1, p2;
        if (plain(square) == 0) {
            p0 = v0 + c0, p1 = v1 + c1, p2 = v2 + c2;
        } else {
            T angle = sqrt(square), cosine = cos(angle), b = sin(angle) / angle;
            T along = (1.0 - cosine) / square * (x[0] * v0 + x[1] * v1 + x[2] * v2);
            p0 = cosine * v0 + b * c0 + along * x[0];
            p1 = cosine * v1 + b * c1 + along * x[1];
            p2 = cosine * v2 + b * c2 + along * x[2];
        }
        T u0 = p0 / p2, u1 = p1 / p2, radius = u0 * u0 + u1 * u1, scale = x[6] * (1.0 + radius * (x[9] + radius * x[10]));
        result[0] = x[14] * (scale * u0 + x[7] - seen[0]);
        result[1] = x[14] * (scale * u1 + x[8] - seen[1]);
    }
};

struct Weight {
    static constexpr int small = 1;
    const Instance& in;
    int n() const { return 1; }
    int m() const { return 1; }
    long count() const { return in.dimensions[2]; }
    void gather(long k, double* x) const { *x = in.x[11 * in.dimensions[0] + 3 * in.dimensions[1] + k]; }
    template <class T>
    void operator()(long, const T* x, T* result) const {
        *result = 1.0 - x[0] * x[0];
    }
};

struct Rosenbrock : Dense {
    static constexpr int small = 0;
    template <class T>
    void operator()(long, const T* x, T* result) const {
        T sum(0.0);
        for (int i = 0; i + 1 < n(); i++) {
            T a = 1.0 - x[i], b = x[i + 1] - x[i] * x[i];
            sum += a * a + 100.0 * (b * b);
        }
        *result = sum;
    }
};

struct Product : Dense {
    static constexpr int small = 0;
    template <class T>
    void operator()(long, const T* x, T* result) const {
        T product(1.0);
        for (int i = 0; i < n(); i++) product *= x[i];
        *result = product;
    }
};

struct BlackScholes {
    static constexpr int small = 5;
    const Instance& in;
    int n() const { return 5; }
    int m() const { return 1; }
    long count() const { return in.dimensions[0]; }
    void gather(long k, double* x) const { std::copy_n(&in.x[5 * k], 5, x); }
    template <class T>
    void operator()(long, const T* x, T* result) const {
        using std::exp;
        using std::log;
        using std::sqrt;
        const T &s = x[0], &k = x[1], &r = x[2], &v = x[3], &t = x[4];
        T deviation = v * sqrt(t), d1 = (log(s / k) + (r + v * v / 2.0) * t) / deviation, d2 = d1 - deviation;
        *result = s * normal_cdf(d1) - k * exp(-r * t) * normal_cdf(d2);
    }
};

struct Heston : Dense {
    static constexpr int small = 7;
    template <class T>
    void operator()(long, const T* x, T* result) const {
        using std::exp;
        using std::log;
        using std::max;
        using std::sqrt;
        const long paths = in.dimensions[0], steps = in.dimensions[1];
        const double strike = in.data[0], time = in.data[1], dt = time / steps, *normal = &in.data[2];
        const T &kappa = x[2], &theta = x[3], &xi = x[4], &rho = x[5], &rate = x[6];
        T rest = sqrt(1.0 - rho * rho), start = log(x[0]), sum(0.0), zero(0.0);
        for (long path = 0; path < paths; path++) {
            T logarithm = start, v = x[1];
            for (long step = 0; step < steps; step++, normal += 2) {
                T positive = max(v, zero), s = sqrt(positive * dt);
                logarithm += (rate - 0.5 * positive) * dt + s * normal[0];
                v += kappa * (theta - positive) * dt + xi * s * (rho * normal[0] + rest * normal[1]);
            }
            T gain = exp(logarithm) - strike;
            sum += max(gain, zero);
        }
        *result = exp(-rate * time) * sum / double(paths);
    }
};

struct Lorenz : Dense {
    static constexpr int small = 6;
    int m() const { return 3; }
    template <class T>
    void operator()(long, const T* x, T* result) const {
        const double h = in.data[0];
        const T &sigma = x[3], &rho = x[4], &beta = x[5];
        T u[3] = {x[0], x[1], x[2]}, k[4][3], w[3];
        for (int64_t step = 0; step < in.dimensions[0]; step++) {
            for (int stage = 0; stage < 4; stage++) {
                for (int i = 0; i < 3; i++) {
                    if (stage == 0)
                        w[i] = u[i];
                    else
                        w[i] = u[i] + (stage == 3 ? h : h / 2) * k[stage - 1][i];
                }
                k[stage][0] = sigma * (w[1] - w[0]);
                k[stage][1] = w[0] * (rho - w[2]) - w[1];
                k[stage][2] = w[0] * w[1] - beta * w[2];
            }
            for (int i = 0; i < 3; i++) u[i] += h / 6 * (k[0][i] + 2.0 * (k[1][i] + k[2][i]) + k[3][i]);
        }
        std::copy(u, u + 3, result);
    }
};

struct Logistic : Dense {
    static constexpr int small = 0;
    template <class T>
    void operator()(long, const T* w, T* result) const {
        using std::exp;
        using std::log;
        const long rows = in.dimensions[0], features = in.dimensions[1];
        const double ridge = in.data[0], *row = &in.data[1], *labels = row + rows * features;
        T sum(0.0), squares(0.0);
        for (long i = 0; i < rows; i++, row += features) {
            T z = w[0] * row[0];
            for (long j = 1; j < features; j++) z += w[j] * row[j];
            // softplus, on the side where the exponential is small
            if (plain(z) > 0)
                sum += z + log(1.0 + exp(-z)) - labels[i] * z;
            else
                sum += log(1.0 + exp(z)) - labels[i] * z;
        }
        for (long j = 0; j < features; j++) squares += w[j] * w[j];
        *result = sum / double(rows) + ridge / 2 * squares;
    }
};

struct Perceptron : Dense {
    static constexpr int small = 0;
    template <class T>
    void operator()(long, const T* x, T* result) const {
        using std::tanh;
        const int width = in.dimensions[0], batch = in.dimensions[1];
        std::vector<T> from(width), to(width);
        T sum(0.0);
        for (int point = 0; point < batch; point++) {
            const T* layer = x;
            for (int number = 0; number < 2; number++, layer += width * (width + 1)) {
                for (int i = 0; i < width; i++) {
                    T z = layer[width * width + i];
                    if (number == 0)
                        for (int j = 0; j < width; j++) z += layer[i * width + j] * in.data[point * width + j];
                    else
                        for (int j = 0; j < width; j++) z += layer[i * width + j] * from[j];
                    to[i] = tanh(z);
                }
                std::swap(from, to);
            }
            T error = layer[width] - in.data[batch * width + point];
            for (int j = 0; j < width; j++) error += layer[j] * from[j];
            sum += error * error;
        }
        *result = sum / double(batch);
    }
};

struct Hand : Dense {
    static constexpr int small = 26, bones = 22;
    int m() const { return 3 * in.dimensions[1]; }
    template <class T, class A, class B>
    static void compose(const A* a, const B* b, T* c) {
        for (int i = 0; i < 12; i += 4)
            for (int j = 0; j < 4; j++) {
                c[i + j] = a[i] * b[j] + a[i + 1] * b[4 + j] + a[i + 2] * b[8 + j];
                if (j == 3) c[i + j] += a[i + 3];
            }
    }
    template <class T>
    void pose(const T* x, T (*transforms)[12]) const {
        using std::cos;
        using std::sin;
        T relative[12], frames[bones][12];
        for (int bone = 0; bone < bones; bone++) {
            const int joint = bone < 2 ? 3 : (bone - 2) % 4;
            const double *at_rest = &in.data[12 * bone], *inverse = at_rest + 12 * bones;
            const T* angles = x + 6 + (bone - 2) / 4 * 4;
            if (joint < 3) {
                const T& bend = angles[joint == 0 ? 0 : joint + 1];
                T sb = sin(bend), cb = cos(bend), ss(0.0), cs(1.0);
                if (joint == 0) ss = sin(angles[1]), cs = cos(angles[1]);
                const T turn[12] = {cs, -ss * cb, ss * sb, T(0.0), ss, cs * cb, -cs * sb, T(0.0), T(0.0), sb, cb, T(0.0)};
                compose(at_rest, turn, relative);
            } else {
                for (int i = 0; i < 12; i++) relative[i] = at_rest[i];
            }
            if (bone == 0)
                std::copy(relative, relative + 12, frames[0]);
            else
                compose(frames[joint == 0 ? 1 : bone - 1], relative, frames[bone]);
            compose(frames[bone], inverse, transforms[bone]);
        }
    }
    template <class T>
    static void rotate(const T* r, T* result) {
        using std::cos;
        using std::sin;
        using std::sqrt;
        T square = r[0] * r[0] + r[1] * r[1] + r[2] * r[2], angle = sqrt(square), a = cos(angle), b = sin(angle) / angle, c = (1.0 - a) / square;
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++) {
                result[3 * i + j] = c * r[i] * r[j];
                if (i == j)
                    result[3 * i + j] += a;
                else if ((i + 1) % 3 == j)
                    result[3 * i + j] -= b * r[3 - i - j];
                else
                    result[3 * i + j] += b * r[3 - i - j];
            }
    }
    template <class T>
    void operator()(long, const T* x, T* result) const {
        const long vertices = in.dimensions[0], points = in.dimensions[1];
        const double *positions = &in.data[24 * bones], *weights = positions + 3 * vertices, *vertex_of = weights + bones * vertices;
        const double* targets = vertex_of + points;
        T transforms[bones][12], turn[9];
        pose(x, transforms);
        rotate(x, turn);
        std::vector<T> moved(3 * vertices);
        for (long v = 0; v < vertices; v++) {
            T p[3] = {T(0.0), T(0.0), T(0.0)};
            for (int bone = 0; bone < bones; bone++)
                for (int i = 0; i < 3; i++) {
                    const T* row = transforms[bone] + 4 * i;
                    p[i] += weights[bone * vertices + v] *
                            (row[0] * positions[v] + row[1] * positions[vertices + v] + row[2] * positions[2 * vertices + v] + row[3]);
                }
            for (int i = 0; i < 3; i++) moved[i * vertices + v] = turn[3 * i] * p[0] + turn[3 * i + 1] * p[1] + turn[3 * i + 2] * p[2] + x[3 + i];
        }
        for (int i = 0; i < 3; i++)
            for (long k = 0; k < points; k++) result[i * points + k] = targets[i * points + k] - moved[i * vertices + long(vertex_of[k])];
    }
};

struct Lstm : Dense {
    static constexpr int small = 0;
    template <class T>
    static T sigmoid(const T& x) {
        using std::exp;
        return T(1.0 / (1.0 + exp(-x)));
    }
    template <class T>
    void operator()(long, const T* x, T* result) const {
        using std::tanh;
        const long layers = in.dimensions[0], steps = in.dimensions[1] - 1, width = in.dimensions[2];
        const double* text = &in.data[2 * layers * width];
        const T* extra = x + 8 * layers * width;
        std::vector<T> state(in.data.begin(), in.data.begin() + 2 * layers * width), input(width), y(width);
        T sum(0.0);
        for (long step = 0; step < steps; step++, text += width) {
            for (long i = 0; i < width; i++) input[i] = extra[i] * text[i];
            for (long layer = 0; layer < layers; layer++) {
                const T* w = x + 8 * layer * width;
                T *hidden = &state[2 * layer * width], *cell = hidden + width;
                for (long i = 0; i < width; i++) {
                    T forget = sigmoid(T(w[i] * input[i] + w[4 * width + i])), keep = sigmoid(T(w[width + i] * hidden[i] + w[5 * width + i]));
                    T show = sigmoid(T(w[2 * width + i] * input[i] + w[6 * width + i])), change = tanh(w[3 * width + i] * hidden[i] + w[7 * width + i]);
                    cell[i] = forget * cell[i] + keep * change;
                    hidden[i] = show * tanh(cell[i]);
                    input[i] = hidden[i];
                }
            }
            for (long i = 0; i < width; i++) y[i] = extra[width + i] * input[i] + extra[2 * width + i];
            T shift = log_sum_exp(y.data(), width);
            for (long i = 0; i < width; i++) sum += text[width + i] * (y[i] - shift);
        }
        *result = -sum / double(steps * width);
    }
};

struct Helmholtz : Dense {
    static constexpr int small = 0;
    template <class T>
    void operator()(long, const T* x, T* result) const {
        using std::log;
        const int size = n();
        const double *b = in.data.data(), *a = b + size, plus = 1 + M_SQRT2, minus = 1 - M_SQRT2, root = std::sqrt(8.0);
        T volume(0.0), attraction(0.0), entropy(0.0);
        for (int i = 0; i < size; i++) volume += b[i] * x[i];
        T free = 1.0 - volume;
        for (int i = 0; i < size; i++) {
            T row = a[i * size] * x[0];
            for (int j = 1; j < size; j++) row += a[i * size + j] * x[j];
            attraction += x[i] * row;
            entropy += x[i] * log(x[i] / free);
        }
        *result = entropy - attraction / (root * volume) * log((1.0 + plus * volume) / (1.0 + minus * volume));
    }
};

// Puts a problem together from a tool's ways to differentiate: `Tool::first(f)` and `Tool::second(f)` answer what writes the Jacobians of f's
// copies, or the Hessian of f, to a pointer.
template <class Tool>
class Assembly {
    std::vector<std::function<void(double*)>> values, slopes;
    size_t results = 0, entries = 0;

    template <class F>
    void evaluate(F f) {
        auto offset = results;
        results += f.m() * f.count();
        values.push_back([=](double* out) {
            std::vector<double> x(f.n());
            for (long k = 0; k < f.count(); k++) {
                f.gather(k, x.data());
                f(k, x.data(), out + offset + k * f.m());
            }
        });
    }

    void add(std::function<void(double*)> slope, size_t count) {
        auto offset = entries;
        entries += count;
        slopes.push_back([=](double* out) { slope(out + offset); });
    }

public:
    template <class F>
    Assembly& first(F f) {
        evaluate(f);
        add(Tool::first(f), f.n() * f.m() * f.count());
        return *this;
    }

    template <class F>
    Assembly& second(F f) {
        evaluate(f);
        add(Tool::second(f), f.n() * f.n());
        return *this;
    }

    Evaluation finish() {
        auto run = [](auto parts, size_t count) {
            std::vector<double> out(count);
            return [=]() mutable -> const std::vector<double>& {
                for (auto& part : parts) part(out.data());
                return out;
            };
        };
        return {run(values, results), run(slopes, entries)};
    }
};

template <class Tool>
std::optional<Evaluation> assemble(const std::string& problem, const Instance& in) {
    Assembly<Tool> all;
    if (problem == "gmm") return all.first(Gmm{in}).finish();
    if (problem == "ba") return all.first(Reprojection{in}).first(Weight{in}).finish();
    if (problem == "rosenbrock") return all.first(Rosenbrock{in}).finish();
    if (problem == "product") return all.first(Product{in}).finish();
    if (problem == "black-scholes") return all.first(BlackScholes{in}).finish();
    if (problem == "heston") return all.first(Heston{in}).finish();
    if (problem == "lorenz") return all.first(Lorenz{in}).finish();
    if (problem == "logistic") return all.first(Logistic{in}).finish();
    if (problem == "perceptron") return all.first(Perceptron{in}).finish();
    if (problem == "hand") return all.first(Hand{in}).finish();
    if (problem == "lstm") return all.first(Lstm{in}).finish();
    if (problem == "helmholtz") return all.first(Helmholtz{in}).finish();
    if (problem == "rosenbrock-hessian") return all.second(Rosenbrock{in}).finish();
    if (problem == "helmholtz-hessian") return all.second(Helmholtz{in}).finish();
    return std::nullopt;
}
