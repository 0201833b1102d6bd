module FuncAD.Tests.EstimateTests

open Expecto
open FuncAD
open FuncAD.Tests.Testing

let private estimate (sample: float list) : Estimate = Significance.estimateOf (Array.ofList sample)

let private several (means: float[]) (errors: float[]) : Estimate<Real[]> =
    { Mean = reals means; StandardError = reals errors; Samples = 1000 }

[<Tests>]
let tests =
    testList
        "estimates"
        [ testCase "mean and standard error, also where the deviations are small beside the mean" (fun () ->
              for offset in [ 0.0; -3.0; 1e9; -1e12 ] do
                  // deviations -2, -1, 0, 1, 2: squares sum to 10, and 10 / (5 * 4) = 1/2
                  let e = estimate [ for x in [ 1.0; -2.0; 2.0; 0.0; -1.0 ] -> offset + x ]
                  // a rounding of each running mean, which is of the offset's size
                  expectWithin (10.0 * u * abs offset) offset e.Mean "mean"
                  expectWithin (1e-15 + 40.0 * u * abs offset) (sqrt 0.5) e.StandardError "error"
              let single = estimate [ 7.0 ]
              expectSame 7.0 single.Mean "one sample"
              expectSame nan single.StandardError "the error of one sample is not known"
              expectSame 0.0 (estimate [ 0.1; 0.1; 0.1 ]).StandardError "equal samples"
              expectSame nan (estimate [ 1.0; nan ]).Mean "NaN")

          testCase "text on one line" (fun () ->
              let write mean error samples = string ({ Mean = mean; StandardError = error; Samples = samples }: Estimate)
              Expect.equal (write 0.69314 0.0023 1000) "0.693 ± 0.002 (1000 samples)" "three digits"
              Expect.equal (write 1234.5678 12.3 50) "1235 ± 12 (50 samples)" "whole"
              Expect.equal (write -0.5 0.09999 50) "-0.50 ± 0.10 (50 samples)" "an error that rounds up"
              Expect.equal (write 7.25 nan 1) "7.25 ± NaN (1 sample)" "one sample"
              Expect.equal (write 48.891689 0.0 1000) "48.8917 ± 0 (1000 samples)" "no error"
              Expect.equal (write 1.5e-20 2e-22 10) "1.5E-20 ± 2E-22 (10 samples)" "tiny"
              Expect.equal (write 1.5e20 2e17 10) "1.5E+20 ± 2E+17 (10 samples)" "huge"
              Expect.equal (string (several [| 0.69314; 1.0412 |] [| 0.0023; 0.01 |])) "[0.693 ± 0.002, 1.04 ± 0.01] (1000 samples)" "two"
              Expect.equal (string (several [| 0.69314 |] [| 0.0023 |])) "0.693 ± 0.002 (1000 samples)" "one of them"
              let long = string (several (Array.create 20 0.5) (Array.create 20 0.1))
              expectMentions [ "... 20 entries]" ] long) ]
