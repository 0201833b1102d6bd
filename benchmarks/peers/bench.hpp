// What every peer shares: the instance, read from the file that the .NET side wrote, and the conversation with it over standard input and output.
//
//   peer CONTESTANT PROBLEM INPUT OUTPUT
//
// writes values and derivatives to OUTPUT and answers `ready`, or `skip` and the reason. Then, line by line, `value SECONDS` and
// `derivative SECONDS` are answered by times in nanoseconds, one for each of some runs in so much time; `memory` by the bytes that the process grew
// by since it had read its input, at its peak. All files are little-endian: counts as int64, numbers as double.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

struct Instance {
    std::vector<int64_t> dimensions;
    std::vector<double> x, data;
};

// What is timed. The results lie where the evaluation keeps them.
struct Evaluation {
    std::function<const std::vector<double>&()> value, derivative;
};

namespace bench {

template <class T>
std::vector<T> read(std::ifstream& file) {
    int64_t count = 0;
    file.read(reinterpret_cast<char*>(&count), sizeof count);
    std::vector<T> numbers(count);
    file.read(reinterpret_cast<char*>(numbers.data()), count * sizeof(T));
    return numbers;
}

inline void write(std::ofstream& file, const std::vector<double>& numbers) {
    int64_t count = numbers.size();
    file.write(reinterpret_cast<const char*>(&count), sizeof count);
    file.write(reinterpret_cast<const char*>(numbers.data()), count * sizeof(double));
}

// The most memory that this process had: a process that was forked from a larger one inherits that one's peak from getrusage, not from here.
inline long peak() {
    std::ifstream status("/proc/self/status");
    std::string word;
    while (status >> word)
        if (word == "VmHWM:") {
            long kilobytes;
            status >> kilobytes;
            return kilobytes * 1024;
        }
    return 0;
}

inline double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// Times of single calls, or of as many together as take some milliseconds.
inline void measure(const std::function<const std::vector<double>&()>& run, double budget) {
    const double shortest = 0.005;
    double end = seconds() + budget, elapsed = 0;
    long calls = 1;
    while (true) {  // warms up, too
        double start = seconds();
        for (long call = 0; call < calls; call++) run();
        elapsed = seconds() - start;
        if (elapsed >= shortest) break;
        calls *= 2;
    }
    std::ostringstream times;
    do {
        double start = seconds();
        for (long call = 0; call < calls; call++) run();
        times << (seconds() - start) * 1e9 / calls << ' ';
    } while (seconds() < end);
    std::cout << times.str() << std::endl;
}

inline int serve(int count, char** arguments, std::optional<Evaluation> (*prepare)(const std::string&, const std::string&, const Instance&)) {
    if (count != 5) {
        std::cerr << "usage: " << arguments[0] << " CONTESTANT PROBLEM INPUT OUTPUT\n";
        return 2;
    }
    std::ifstream input(arguments[3], std::ios::binary);
    auto dimensions = read<int64_t>(input);
    auto x = read<double>(input);
    Instance instance{dimensions, x, read<double>(input)};
    long start = peak();
    auto evaluation = prepare(arguments[1], arguments[2], instance);
    if (!evaluation) {
        std::cout << "skip not written for this problem" << std::endl;
        return 0;
    }
    {
        std::ofstream output(arguments[4], std::ios::binary);
        write(output, evaluation->value());
        write(output, evaluation->derivative());
    }
    std::cout << "ready" << std::endl;
    std::string line;
    while (std::getline(std::cin, line)) {
        std::istringstream words(line);
        std::string what;
        double budget = 0;
        words >> what >> budget;
        if (what == "memory")
            std::cout << peak() - start << std::endl;
        else
            measure(what == "value" ? evaluation->value : evaluation->derivative, budget);
    }
    return 0;
}

}  // namespace bench
