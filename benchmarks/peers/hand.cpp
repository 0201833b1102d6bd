// C by hand, behind the conversation that all peers have.
#include "hand.h"

#include "bench.hpp"

static std::optional<Evaluation> prepare(const std::string&, const std::string& name, const Instance& in) {
    for (int i = 0; i < hand_problem_count; i++) {
        const Problem& problem = hand_problems[i];
        if (name != problem.name) continue;
        const int64_t* dimensions = in.dimensions.data();
        const long n = in.x.size();
        auto run = [&](Function* f, long count) {
            std::vector<double> work(problem.work_size(dimensions, n)), result(count);
            return [=, &in]() mutable -> const std::vector<double>& {
                f(in.dimensions.data(), n, in.x.data(), in.data.data(), work.data(), result.data());
                return result;
            };
        };
        return Evaluation{run(problem.value, problem.results(dimensions, n)), run(problem.derivative, problem.entries(dimensions, n))};
    }
    return std::nullopt;
}

int main(int count, char** arguments) { return bench::serve(count, arguments, prepare); }
