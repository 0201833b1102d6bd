// Nonlinear regression against certified answers, after a build (see load.fsx):
//
//     dotnet build src-fsharp/FuncAD.Core -c Release
//     dotnet fsi samples/fit.fsx
//
// Four problems of NIST's Statistical Reference Datasets, each from NIST's far start (1) and its near one (2), in two stages.
// MathNet's Levenberg-Marquardt minimizer, given FuncAD's Jacobian, finds the valley. It watches the sum of squares, which is flat to
// rounding within 1e-8 of the minimum, and so it stops with 7 or 8 digits. Gauss-Newton steps on the same Jacobian, through MathNet's
// QR factorisation, find the rest.
#load "load.fsx"

open System
open System.Diagnostics
open System.Globalization
open System.IO
open FuncAD
open MathNet.Numerics.LinearAlgebra
open MathNet.Numerics.LinearAlgebra.Factorization
open MathNet.Numerics.Optimization

type Problem =
    { Name: string
      Model: Real[] -> float -> Real
      X: float[]
      Y: float[]
      Starts: Vector<float>[]
      Certified: float[]
      CertifiedDeviations: float[]
      CertifiedSumOfSquares: float }

type Fit = { Parameters: Vector<float>; Deviations: Vector<float>; SumOfSquares: float; Iterations: int; Refinements: int }

let required = 8.0 // digits that every parameter must share with the certified value, which has 11

// ---- Reading: the head of a file ends with the names y,x; its first line ends with the certified sum of squares ----

let number (text: string) =
    match Double.TryParse(text, CultureInfo.InvariantCulture) with
    | true, number -> number
    | _ -> nan

let columns (lines: string[]) = lines |> Array.map (fun line -> line.Split ',' |> Array.map number) |> Array.transpose

let read name model =
    let lines = File.ReadAllLines(Path.Combine(__SOURCE_DIRECTORY__, "data", "nist", $"{name}.csv"))
    let parameters = lines |> Array.filter _.StartsWith("# b") |> columns
    let data = lines |> Array.skipWhile ((<>) "y,x") |> Array.tail |> columns
    { Name = name
      Model = model
      X = data[1]
      Y = data[0]
      Starts = [| for start in 1..2 -> Vector<float>.Build.Dense parameters[start] |]
      Certified = parameters[3]
      CertifiedDeviations = parameters[4]
      CertifiedSumOfSquares = number (Array.last (lines[0].Split ' ')) }

// ---- The models, written once: values and derivatives both come from these lines ----

let problems =
    [ read "Misra1a" (fun b x -> b[0] * (1.0 - exp (-b[1] * x)))
      read "Rat43" (fun b x -> b[0] / (1.0 + exp (b[1] - b[2] * x)) ** (1.0 / b[3]))
      read "Thurber" (fun b x -> (b[0] + x * (b[1] + x * (b[2] + x * b[3]))) / (1.0 + x * (b[4] + x * (b[5] + x * b[6]))))
      read "Eckerle4" (fun b x -> b[0] / b[1] * exp (-0.5 * pown ((x - b[2]) / b[1]) 2)) ]

// ---- Fitting ----

let fit (problem: Problem) (start: Vector<float>) =
    let objective = Objective.leastSquares problem.Model problem.X problem.Y
    let valley = LevenbergMarquardtMinimizer(0.001, 0.0, 1e-16, 0.0, 1000).FindMinimum(objective, start)

    // All predictions as one function of the parameters; few parameters and many data make forward mode the cheap one. Both are compiled once
    // and run in every iteration.
    let predictions b = problem.X |> Array.map (problem.Model b)
    let example = start.ToArray() |> AD.toReals
    let values, slopes = AD.compile predictions example, AD.compile (AD.jacobianForward predictions) example
    let residuals (b: Vector<float>) =
        let predicted = b.ToArray() |> AD.toReals |> values.Invoke |> AD.toFloats
        Vector<float>.Build.Dense(Array.map2 (-) problem.Y predicted)
    let jacobian (b: Vector<float>) = b.ToArray() |> AD.toReals |> slopes.Invoke |> Array2D.map _.Value |> Matrix<float>.Build.DenseOfArray

    // Gauss-Newton: solve J step = residuals in the least-squares sense, until steps are rounding errors and shrink no more.
    let rec refine (parameters: Vector<float>) last count =
        let step = (jacobian parameters).QR(QRMethod.Thin).Solve(residuals parameters)
        let size = step.PointwiseDivide(parameters).InfinityNorm()
        if size < last && count < 100 then refine (parameters + step) size (count + 1) else parameters, count
    let parameters, refinements = refine valley.MinimizingPoint infinity 0

    // The covariance of the parameters is s^2 (J^T J)^-1 = s^2 R^-1 R^-T, with s^2 the residual variance.
    let errors = residuals parameters
    let sumOfSquares = errors * errors
    let s = sqrt (sumOfSquares / float (errors.Count - parameters.Count))
    { Parameters = parameters
      Deviations = s * (jacobian parameters).QR(QRMethod.Thin).R.Inverse().RowNorms(2.0)
      SumOfSquares = sumOfSquares
      Iterations = valley.Iterations
      Refinements = refinements }

// ---- The table ----

/// The number of digits that agree: -log10 of the relative error, at most 16.
let digits (actual: float) certified = if actual = certified then 16.0 else min 16.0 -(log10 (abs (actual / certified - 1.0)))

let scientific (number: float) = number.ToString("0.0000000000E+00", CultureInfo.InvariantCulture).PadLeft 17

printfn "problem   start  parameter   fitted             certified         digits  std. deviation     certified"

let agreements =
    [ for problem in problems do
          for start, point in Array.indexed problem.Starts do
              let clock = Stopwatch.StartNew()
              let fit = fit problem point
              let seconds = clock.Elapsed.TotalSeconds
              let row label fitted certified =
                  printf $"%-8s{problem.Name}  %5d{start + 1}  %9s{label}  {scientific fitted}  {scientific certified}"
                  printf $"  %6.1f{digits fitted certified}"
              for i in 0 .. fit.Parameters.Count - 1 do
                  row $"b{i + 1}" fit.Parameters[i] problem.Certified[i]
                  printfn $"  {scientific fit.Deviations[i]}  {scientific problem.CertifiedDeviations[i]}"
                  digits fit.Parameters[i] problem.Certified[i]
              row "squares" fit.SumOfSquares problem.CertifiedSumOfSquares
              printfn $"  {fit.Iterations} + {fit.Refinements} iterations, %.3f{seconds} s\n" ]

match agreements |> List.filter (fun digits -> not (digits >= required)) with
| [] -> printfn "ok"
| failed ->
    printfn $"failed: {failed.Length} parameters have fewer than {required} digits, the worst %.1f{List.min failed}"
    exit 1
