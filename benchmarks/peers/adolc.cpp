// ADOL-C: operator overloading onto a tape, in two ways: `adolc` records once and replays the tape at the point, `adolc-retaped` records for each
// derivative. The buffers are just as large as the tape: larger ones cost time for small functions, smaller ones write large tapes to files.
#include <adolc/adolc.h>

inline adouble normal_cdf(const adouble& x) { return 0.5 * (1.0 + erf(x * M_SQRT1_2)); }
inline double plain(const adouble& x) { return x.value(); }
inline adouble max(const adouble& a, const adouble& b) { return fmax(a, b); }

#include "functions.hpp"

static short tapes = 0;

// The lengths of a tape's buffers.
struct Buffers {
    int operations = 1 << 24, locations = 1 << 24, values = 1 << 24, taylors = 1 << 24;

    void fit(short tape) {
        size_t counts[STAT_SIZE];
        tapestats(tape, counts);
        const int slack = 1024;
        operations = counts[NUM_OPERATIONS] + slack;
        locations = counts[NUM_LOCATIONS] + slack;
        values = counts[NUM_VALUES] + slack;
        taylors = counts[TAY_STACK_SIZE] + slack;
    }
};

static void start(short tape, const Buffers& buffers) {
    trace_on(tape, 1, buffers.operations, buffers.locations, buffers.values, buffers.taylors);
}

static void finish(std::vector<adouble>& results) {
    double value;
    for (auto& result : results) result >>= value;
    trace_off();
}

template <class F>
void record(short tape, const Buffers& buffers, const F& f, long k, const double* point) {
    start(tape, buffers);
    std::vector<adouble> x(f.n()), y(f.m());
    for (int j = 0; j < f.n(); j++) x[j] <<= point[j];
    f(k, x.data(), y.data());
    finish(y);
}

// A tape for the function at its first point, recorded once to see how long it is and once more in buffers that fit.
template <class Record>
std::pair<short, Buffers> prepare(Record record) {
    Buffers buffers;
    const short tape = tapes++;
    record(tape, buffers);
    buffers.fit(tape);
    record(tape, buffers);
    return {tape, buffers};
}

template <class F>
void differentiate(short tape, const F& f, int n, const double* point, double* out) {
    if (f.m() == 1) {
        gradient(tape, n, point, out);
    } else {
        std::vector<double*> rows(f.m());
        for (int i = 0; i < f.m(); i++) rows[i] = out + i * n;
        jacobian(tape, f.m(), n, point, rows.data());
    }
}

template <bool IsRetaped>
struct Taped {
    template <class F>
    static std::function<void(double*)> first(F f) {
        std::vector<double> point(f.n());
        f.gather(0, point.data());
        auto [tape, buffers] = prepare([&](short tape, const Buffers& buffers) { record(tape, buffers, f, 0, point.data()); });
        return [=, tape = tape, buffers = buffers](double* out) mutable {
            for (long k = 0; k < f.count(); k++, out += f.n() * f.m()) {
                f.gather(k, point.data());
                if (IsRetaped) record(tape, buffers, f, k, point.data());
                differentiate(tape, f, f.n(), point.data(), out);
            }
        };
    }

    // What is a constant in one copy and another in the next is an argument of the tape that serves for all of them.
    static std::function<void(double*)> first(Reprojection f) {
        if constexpr (IsRetaped) {
            return first<Reprojection>(f);
        } else {
            const int n = f.n(), all = n + f.data;
            std::vector<double> point(all), block(f.m() * all);
            auto gather = [=](long k, double* to) {
                f.gather(k, to);
                std::copy_n(f.datum(k), f.data, to + n);
            };
            gather(0, point.data());
            const short tape = prepare([&](short tape, const Buffers& buffers) {
                start(tape, buffers);
                std::vector<adouble> x(all), y(f.m());
                for (int j = 0; j < all; j++) x[j] <<= point[j];
                f.apply(x.data(), x.data() + n, y.data());
                finish(y);
            }).first;
            return [=](double* out) mutable {
                for (long k = 0; k < f.count(); k++) {
                    gather(k, point.data());
                    differentiate(tape, f, all, point.data(), block.data());
                    for (int i = 0; i < f.m(); i++, out += n) std::copy_n(&block[i * all], n, out);
                }
            };
        }
    }

    template <class F>
    static std::function<void(double*)> second(F f) {
        const int n = f.n();
        std::vector<double> point(n);
        f.gather(0, point.data());
        auto [tape, buffers] = prepare([&](short tape, const Buffers& buffers) { record(tape, buffers, f, 0, point.data()); });
        return [=, tape = tape, buffers = buffers](double* out) mutable {
            if (IsRetaped) record(tape, buffers, f, 0, point.data());
            std::vector<double*> rows(n);
            for (int i = 0; i < n; i++) rows[i] = out + i * n;
            hessian(tape, n, point.data(), rows.data());
            for (int i = 0; i < n; i++)
                for (int j = 0; j < i; j++) rows[j][i] = rows[i][j];
        };
    }
};

int main(int count, char** arguments) {
    return bench::serve(count, arguments, [](const std::string& contestant, const std::string& problem, const Instance& in) {
        return contestant == "adolc" ? assemble<Taped<false>>(problem, in) : assemble<Taped<true>>(problem, in);
    });
}
