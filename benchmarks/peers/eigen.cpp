// Eigen's AutoDiffScalar: forward mode on vectors of derivatives. Small functions take all directions at once, others `lanes` at a time, so that the vectors
// have a size that the compiler knows. Second derivatives nest it.
#include <Eigen/Core>
#include <unsupported/Eigen/AutoDiff>

template <class D>
Eigen::AutoDiffScalar<D> normal_cdf(const Eigen::AutoDiffScalar<D>& x) {
    double value = x.value();
    return {0.5 * std::erfc(-value * M_SQRT1_2), x.derivatives() * (std::exp(-value * value / 2) / std::sqrt(2 * M_PI))};
}

template <class D>
double plain(const Eigen::AutoDiffScalar<D>& x) {
    return x.value();
}

#include "functions.hpp"

struct Forward {
    static constexpr int lanes = 16;

    template <class F>
    static std::function<void(double*)> first(F f) {
        constexpr int width = F::small ? F::small : lanes;
        using Number = Eigen::AutoDiffScalar<Eigen::Matrix<double, width, 1>>;
        std::vector<Number> x(f.n()), y(f.m());
        std::vector<double> point(f.n());
        return [=](double* out) mutable {
            for (long k = 0; k < f.count(); k++, out += f.n() * f.m()) {
                f.gather(k, point.data());
                for (int start = 0; start < f.n(); start += width) {
                    for (int j = 0; j < f.n(); j++) {
                        x[j].value() = point[j];
                        x[j].derivatives().setZero();
                        if (j >= start && j < start + width) x[j].derivatives()[j - start] = 1;
                    }
                    f(k, x.data(), y.data());
                    for (int i = 0; i < f.m(); i++)
                        for (int j = start; j < std::min(start + width, f.n()); j++) out[i * f.n() + j] = y[i].derivatives()[j - start];
                }
            }
        };
    }

    template <class F>
    static std::function<void(double*)> second(F f) {
        using Inner = Eigen::AutoDiffScalar<Eigen::Matrix<double, lanes, 1>>;
        using Outer = Eigen::AutoDiffScalar<Eigen::Matrix<Inner, 1, 1>>;
        const int n = f.n();
        std::vector<Outer> x(n);
        std::vector<double> point(n);
        return [=](double* out) mutable {
            f.gather(0, point.data());
            for (int i = 0; i < n; i++)
                for (int start = 0; start < n; start += lanes) {
                    for (int j = 0; j < n; j++) {
                        auto& inner = x[j].value();
                        inner.value() = point[j];
                        inner.derivatives().setZero();
                        if (j >= start && j < start + lanes) inner.derivatives()[j - start] = 1;
                        auto& slope = x[j].derivatives()[0];
                        slope.value() = i == j;
                        slope.derivatives().setZero();
                    }
                    Outer y;
                    f(0, x.data(), &y);
                    for (int j = start; j < std::min(start + lanes, n); j++) out[i * n + j] = y.derivatives()[0].derivatives()[j - start];
                }
        };
    }
};

int main(int count, char** arguments) {
    return bench::serve(count, arguments, [](const std::string&, const std::string& problem, const Instance& in) { return assemble<Forward>(problem, in); });
}
