namespace FuncAD

open System
open MathNet.Numerics.LinearAlgebra
open MathNet.Numerics.LinearAlgebra.Double
open MathNet.Numerics.Random

/// <summary>How tensors are made, and what else they turn into.</summary>
[<AutoOpen; System.ComponentModel.EditorBrowsable(System.ComponentModel.EditorBrowsableState.Never)>]
module TensorConstruction =
    module Tensor =
        let private rows operation (rows: float[][]) =
            if isNull rows then nullArg (nameof rows)
            rows |> Array.iteri (fun row items -> if isNull items then Shape.fail operation $"row {row} is null.")
            let width = if rows.Length = 0 then 0 else rows[0].Length
            rows
            |> Array.iteri (fun row items ->
                if items.Length <> width then
                    Shape.fail
                        operation
                        $"all rows must have one length: row 0 has {width} elements, row {row} has {items.Length}. Fill the shorter rows up, or keep rows of different lengths as an array of tensors.")
            rows.Length, width

        /// <summary>A tensor of a shape from its elements in row-major order, which are copied.</summary>
        /// <exception cref="T:System.ArgumentException">The number of elements does not fit the shape.</exception>
        let create (shape: int seq) (elements: float seq) : Tensor =
            let shape, elements = Seq.toArray shape, Array.ofSeq elements
            Shape.check "create" shape
            if elements.Length <> Shape.length shape then
                Shape.fail
                    "create"
                    $"the shape {Shape.text shape} has {Shape.length shape} elements, but {elements.Length} were given. The lengths of the axes multiply to the number of elements."
            Tensor(elements, shape, null)

        /// <summary>A vector.</summary>
        let ofArray (elements: float[]) : Tensor =
            if isNull elements then nullArg (nameof elements)
            Tensor(Array.copy elements, [| elements.Length |], null)

        /// <summary>A matrix from its rows, which must have one length.</summary>
        let ofRows (items: float[][]) : Tensor =
            let height, width = rows "ofRows" items
            Tensor(Array.concat items, [| height; width |], null)

        /// <summary>A tensor like an array of any number of dimensions.</summary>
        let ofNested (elements: Array) : Tensor =
            if isNull elements then nullArg (nameof elements)
            let shape = Array.init elements.Rank elements.GetLength
            let flat = Array.zeroCreate<float> elements.Length
            Buffer.BlockCopy(elements, 0, flat, 0, flat.Length * sizeof<float>)
            Tensor(flat, shape, null)

        /// <summary>A matrix from a two-dimensional array.</summary>
        let ofArray2D (elements: float[,]) : Tensor = ofNested elements

        /// <summary>A tensor of one value everywhere. It takes the memory of one number until its elements differ.</summary>
        let full (shape: int seq) (value: float) : Tensor =
            let shape = Seq.toArray shape
            Shape.check "full" shape
            Tensor.Uniform(value, shape)

        /// <summary>A tensor of zeros.</summary>
        let zeros (shape: int seq) : Tensor = full shape 0.0

        /// <summary>A tensor of ones.</summary>
        let ones (shape: int seq) : Tensor = full shape 1.0

        /// <summary>The identity matrix with n rows.</summary>
        let identity (n: int) : Tensor =
            if n < 0 then Shape.fail "identity" $"a matrix cannot have {n} rows."
            Tensor(Array.init (n * n) (fun i -> if i % (n + 1) = 0 then 1.0 else 0.0), [| n; n |], null)

        /// <summary>start, start + step, ... below stop (above, for a negative step).</summary>
        let range (start: float) (stop: float) (step: float) : Tensor =
            if step = 0.0 || Double.IsNaN step then Shape.fail "range" "the step must not be 0."
            if not (Double.IsFinite start && Double.IsFinite stop && Double.IsFinite step) then
                Shape.fail "range" $"start, stop and step must be finite, got {start}, {stop} and {step}."
            let count = Math.Max(0.0, Math.Ceiling((stop - start) / step))
            if count > float Array.MaxLength then
                Shape.fail "range" $"from {start} to {stop} by {step} there are more elements than an array can hold."
            let count = int count
            Tensor(Array.init count (fun i -> start + float i * step), [| count |], null)

        /// <summary><c>count</c> evenly spaced numbers from start to stop, both included.</summary>
        let linspace (start: float) (stop: float) (count: int) : Tensor =
            if count < 0 then Shape.fail "linspace" $"a vector cannot have {count} elements."
            let at i = if i = count - 1 && i > 0 then stop else start + (stop - start) * float i / float (max 1 (count - 1))
            Tensor(Array.init count at, [| count |], null)

        /// <summary>A row for each label, with 1 in its column and 0 elsewhere.</summary>
        let oneHot (classes: int) (labels: int[]) : Tensor =
            if isNull labels then nullArg (nameof labels)
            let elements = Array.zeroCreate (classes * labels.Length)
            labels
            |> Array.iteri (fun row label ->
                if label < 0 || label >= classes then Shape.fail "oneHot" $"label {row} is {label}; labels go from 0 to {classes - 1}."
                elements[row * classes + label] <- 1.0)
            Tensor(elements, [| labels.Length; classes |], null)

        /// The Mersenne twister of MathNet.Numerics: one seed gives the same numbers everywhere.
        let private sample seed (shape: int seq) (draw: Random -> float) =
            let shape = Seq.toArray shape
            Shape.check "random" shape
            let random = MersenneTwister(seed = seed, threadSafe = false)
            Tensor(Array.init (Shape.length shape) (fun _ -> draw random), shape, null)

        /// <summary>Uniformly distributed random numbers from low to high, the same for the same seed.</summary>
        let uniform (seed: int) (low: float) (high: float) (shape: int seq) : Tensor =
            sample seed shape (fun random -> low + (high - low) * random.NextDouble())

        /// <summary>Normally distributed random numbers, the same for the same seed.</summary>
        let normal (seed: int) (mean: float) (deviation: float) (shape: int seq) : Tensor =
            sample seed shape (fun random -> MathNet.Numerics.Distributions.Normal.Sample(random, mean, deviation))

        /// <summary>Numbers as a vector; derivatives pass.</summary>
        let stack (numbers: Real seq) : Tensor =
            let numbers = Seq.toArray numbers
            Tensor.OfReals(numbers, [| numbers.Length |])

        /// <summary>Numbers as a matrix; derivatives pass.</summary>
        let stack2D (numbers: Real[,]) : Tensor =
            if isNull numbers then nullArg (nameof numbers)
            Tensor.OfReals(Seq.cast<Real> numbers |> Seq.toArray, [| numbers.GetLength 0; numbers.GetLength 1 |])

        /// <summary>The elements as numbers, in row-major order; derivatives pass.</summary>
        let toReals (x: Tensor) : Real[] = Array.init x.Length x.ElementAt

        /// <summary>The elements of a matrix as doubles.</summary>
        /// <exception cref="T:System.InvalidOperationException">
        /// The tensor is being differentiated: its derivative would be lost.
        /// </exception>
        let toArray2D (x: Tensor) : float[,] =
            x.RequirePlain "ToArray2D"
            if x.Rank <> 2 then Shape.fail "toArray2D" $"expected a matrix, got the shape {Shape.text x.Dimensions}."
            Array2D.init x.Dimensions[0] x.Dimensions[1] (fun i j -> x.Elements[i * x.Dimensions[1] + j])

        /// <summary>A vector of MathNet.Numerics. A dense one shares its array with the tensor: do not write to it afterwards.</summary>
        let ofVector (vector: Vector<float>) : Tensor =
            if isNull vector then nullArg (nameof vector)
            Tensor(
                (match vector with
                 | :? DenseVector as dense -> dense.Values
                 | _ -> vector.ToArray()),
                [| vector.Count |],
                null
            )

        /// <summary>The values as a dense vector of MathNet.Numerics, a copy.</summary>
        /// <exception cref="T:System.InvalidOperationException">
        /// The tensor is being differentiated: its derivative would be lost.
        /// </exception>
        let toVector (x: Tensor) : Vector<float> =
            x.RequirePlain "ToVector"
            if x.Rank <> 1 then Shape.fail "toVector" $"expected a vector, got the shape {Shape.text x.Dimensions}."
            DenseVector(x.ToArray())

        /// <summary>
        /// A matrix of MathNet.Numerics. Its dense matrices lie column by column, so that it is copied; one with a single row or column
        /// shares its array with the tensor.
        /// </summary>
        let ofMatrix (matrix: Matrix<float>) : Tensor =
            if isNull matrix then nullArg (nameof matrix)
            let shape = [| matrix.RowCount; matrix.ColumnCount |]
            match matrix with
            | :? DenseMatrix as dense when matrix.RowCount = 1 || matrix.ColumnCount = 1 -> Tensor(dense.Values, shape, null)
            | _ -> Tensor(matrix.ToRowMajorArray(), shape, null)

        /// <summary>The values as a dense matrix of MathNet.Numerics: a copy.</summary>
        /// <exception cref="T:System.InvalidOperationException">
        /// The tensor is being differentiated: its derivative would be lost.
        /// </exception>
        let toMatrix (x: Tensor) : Matrix<float> =
            x.RequirePlain "ToMatrix"
            if x.Rank <> 2 then Shape.fail "toMatrix" $"expected a matrix, got the shape {Shape.text x.Dimensions}."
            let rows, columns = x.Dimensions[0], x.Dimensions[1]
            Matrix.Build.DenseOfRowMajor(rows, columns, x.Elements)
