// Sacado: reverse mode (Rad) for one result of many arguments, forward mode (SFad, of a size known to the compiler) for small functions. Second
// derivatives are reverse over forward.
//
// The headers alone: with a configuration of our own, since Debian's draws in MPI, Kokkos and Teuchos, none of which are used here.
#define TRILINOS_NO_CONFIG_H
#define HAS_C99_TR1_CMATH
#define HAVE_SACADO_CXX11
#define SACADO_ENABLE_NEW_DESIGN
#define SACADO_NEW_FAD_DESIGN_IS_DEFAULT
#include <Sacado_No_Kokkos.hpp>

using Reverse = Sacado::Rad::ADvar<double>;

inline double density(double x) { return std::exp(-x * x / 2) / std::sqrt(2 * M_PI); }
inline double distribution(double x) { return 0.5 * std::erfc(-x * M_SQRT1_2); }

template <int N>
Sacado::Fad::SFad<double, N> normal_cdf(const Sacado::Fad::SFad<double, N>& x) {
    Sacado::Fad::SFad<double, N> y(distribution(x.val()));
    const double slope = density(x.val());
    for (int j = 0; j < N; j++) y.fastAccessDx(j) = slope * x.fastAccessDx(j);
    return y;
}

inline double plain(const Reverse& x) { return x.val(); }

template <int N>
double plain(const Sacado::Fad::SFad<double, N>& x) {
    return x.val();
}

template <int N>
double plain(const Sacado::Rad::ADvar<Sacado::Fad::SFad<double, N>>& x) {
    return x.val().val();
}

#include "functions.hpp"

struct Tool {
    static constexpr int lanes = 16;

    template <class F>
    static std::function<void(double*)> first(F f) {
        if constexpr (F::small)
            return forward(f);
        else
            return reverse(f);
    }

    template <class F>
    static std::function<void(double*)> forward(F f) {
        using Number = Sacado::Fad::SFad<double, F::small>;
        std::vector<Number> x(f.n()), y(f.m());
        std::vector<double> point(f.n());
        return [=](double* out) mutable {
            for (long k = 0; k < f.count(); k++, out += f.n() * f.m()) {
                f.gather(k, point.data());
                for (int j = 0; j < f.n(); j++) x[j] = Number(f.n(), j, point[j]);
                f(k, x.data(), y.data());
                for (int i = 0; i < f.m(); i++)
                    for (int j = 0; j < f.n(); j++) out[i * f.n() + j] = y[i].dx(j);
            }
        };
    }

    template <class F>
    static std::function<void(double*)> reverse(F f) {
        std::vector<double> point(f.n());
        return [=](double* out) mutable {
            f.gather(0, point.data());
            std::vector<Reverse> x(point.begin(), point.end());
            Reverse y;
            f(0, x.data(), &y);
            Reverse::Gradcomp();
            for (int j = 0; j < f.n(); j++) out[j] = x[j].adj();
        };
    }

    template <class F>
    static std::function<void(double*)> second(F f) {
        using Inner = Sacado::Fad::SFad<double, lanes>;
        using Outer = Sacado::Rad::ADvar<Inner>;
        const int n = f.n();
        std::vector<double> point(n);
        return [=](double* out) mutable {
            f.gather(0, point.data());
            for (int start = 0; start < n; start += lanes) {
                std::vector<Outer> x(n);
                for (int j = 0; j < n; j++) {
                    Inner inner(point[j]);
                    if (j >= start && j < start + lanes) inner = Inner(lanes, j - start, point[j]);
                    x[j] = inner;
                }
                Outer y;
                f(0, x.data(), &y);
                Outer::Gradcomp();
                for (int i = 0; i < n; i++)
                    for (int j = start; j < std::min(start + lanes, n); j++) out[i * n + j] = x[i].adj().dx(j - start);
            }
        };
    }
};

int main(int count, char** arguments) {
    return bench::serve(count, arguments, [](const std::string&, const std::string& problem, const Instance& in) { return assemble<Tool>(problem, in); });
}
