namespace FuncAD

open System
open System.Globalization
open System.Text.Json
open System.Text.Json.Serialization

/// <summary>What is wrong with a text in JSON: the reason, and the place, which the serialiser adds on the way.</summary>
[<Sealed>]
type internal JsonRefusal(reason: string) =
    inherit JsonException(reason)

    override refusal.Message =
        if isNull refusal.Path then
            reason
        else
            $"{reason} Path: {refusal.Path} | LineNumber: {refusal.LineNumber} | BytePositionInLine: {refusal.BytePositionInLine}."

/// <summary>
/// Doubles in JSON, bit for bit. JSON has no NaN and no infinities: they are strings, as System.Text.Json names them, and read back under
/// any options. No other converter is asked for, so that the ones here work with generated contexts, where there is no reflection.
/// </summary>
[<AbstractClass; Sealed>]
type internal JsonNumber private () =
    static let bitsOfNaN = BitConverter.DoubleToUInt64Bits Double.NaN

    /// A NaN with other bits than double.NaN has them in its name.
    static let name (x: float) : string =
        let bits = BitConverter.DoubleToUInt64Bits x
        if x > 0.0 then "Infinity"
        elif x < 0.0 then "-Infinity"
        elif bits = bitsOfNaN then "NaN"
        else $"NaN(0x{bits:X16})"

    static let ofName (text: string) : float voption =
        match text with
        | "NaN" -> ValueSome Double.NaN
        | "Infinity" -> ValueSome Double.PositiveInfinity
        | "-Infinity" -> ValueSome Double.NegativeInfinity
        | _ when text.Length = 23 && text.StartsWith("NaN(0x", StringComparison.Ordinal) && text[22] = ')' ->
            match UInt64.TryParse(text.AsSpan(6, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) with
            | true, bits when Double.IsNaN(BitConverter.UInt64BitsToDouble bits) -> ValueSome(BitConverter.UInt64BitsToDouble bits)
            | _ -> ValueNone
        | _ -> ValueNone

    /// A token as an error names it.
    static member Describe(reader: byref<Utf8JsonReader>) : string =
        match reader.TokenType with
        | JsonTokenType.String -> $"the string \"{reader.GetString()}\""
        | JsonTokenType.StartObject -> "an object"
        | JsonTokenType.StartArray -> "an array"
        | JsonTokenType.Number -> "a number"
        | token -> token.ToString().ToLowerInvariant()

    static member Read(reader: byref<Utf8JsonReader>, options: JsonSerializerOptions, what: string) : float =
        match reader.TokenType with
        | JsonTokenType.Number -> reader.GetDouble()
        | JsonTokenType.String ->
            let text = reader.GetString()
            let mayBeText = options.NumberHandling.HasFlag JsonNumberHandling.AllowReadingFromString
            match ofName text, Double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture) with
            | ValueSome x, _ -> x
            | ValueNone, (true, x) when mayBeText -> x
            | _ ->
                raise (
                    JsonRefusal
                        $"{what} is a number, or one of the strings \"NaN\", \"Infinity\" and \"-Infinity\"; got the string \"{text}\"."
                )
        | _ -> raise (JsonRefusal $"{what} is a number; got {JsonNumber.Describe &reader}.")

    static member Write(writer: Utf8JsonWriter, x: float, options: JsonSerializerOptions) : unit =
        if not (Double.IsFinite x) then writer.WriteStringValue(name x)
        elif options.NumberHandling.HasFlag JsonNumberHandling.WriteAsString then writer.WriteStringValue(Basics.exact x)
        else writer.WriteNumberValue x
