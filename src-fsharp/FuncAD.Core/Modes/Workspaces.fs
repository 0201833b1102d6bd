namespace FuncAD

open System
open System.Collections.Generic
open System.Threading

/// <summary>
/// Workspaces of an object that several threads use at once, and that a function may call while it runs itself: each call has one of its
/// own. There are as many as there were calls at the same time; once they are there, no call allocates one.
/// </summary>
[<Sealed>]
type internal Workspaces<'W when 'W: not struct and 'W: null>(make: Func<'W>) =
    /// One is kept outside of the lock, for calls one after the other.
    let mutable first: 'W = null
    let others = Stack<'W>()

    member _.Rent() : 'W =
        match Interlocked.Exchange(&first, null) with
        | null ->
            Monitor.Enter others
            let spare =
                try
                    if others.Count > 0 then others.Pop() else null
                finally
                    Monitor.Exit others
            if isNull spare then make.Invoke() else spare
        | workspace -> workspace

    member _.Return(workspace: 'W) : unit =
        if not (isNull (Interlocked.CompareExchange(&first, workspace, null))) then
            Monitor.Enter others
            try
                others.Push workspace
            finally
                Monitor.Exit others
