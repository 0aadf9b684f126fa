package zz
import ("testing";"strings";"time";"fmt";"runtime/debug";"github.com/hashicorp/hcl/v2/hclsyntax";hj "github.com/hashicorp/hcl/v2/json";"github.com/hashicorp/hcl/v2")
func TestX(t *testing.T){
 debug.SetMaxStack(1<<30)
 for _,n:=range []int{16<<10,64<<10}{
 for _,s:=range []string{"[","(","!","-","{a=","${","\"${","1+","a?","f(","[for x in ","%{if ","a{\n","a[","a.*."}{
  src:=[]byte("x="+strings.Repeat(s,n/len(s))+"1\n")
  if strings.HasPrefix(s,"a{"){src=src[2:]}
  st:=time.Now()
  f,_:=hclsyntax.ParseConfig(src,"x",hcl.InitialPos)
  at,_:=f.Body.JustAttributes()
  d1:=time.Since(st)
  for _,a:=range at{ a.Expr.Variables(); a.Expr.Value(nil)}
  fmt.Println(n,s,d1,time.Since(st))
 }
 st:=time.Now(); hj.Parse([]byte("{\"x\":"+strings.Repeat("[",n)),"x"); fmt.Println("json",time.Since(st))
 }
 var b strings.Builder
 for i:=0;i<10000;i++{fmt.Fprintf(&b,"partition \"p%d\" {\n system = system.s\n memory {\n desired = \"1GiB\"\n }\n name = \"x${local.a}-%d\"\n}\n",i,i)}
 src:=[]byte(b.String())
 for i:=0;i<3;i++{
 st:=time.Now(); hclsyntax.ParseConfig(src,"x",hcl.InitialPos); p:=time.Since(st)
 st=time.Now(); hclsyntax.LexConfig(src,"x",hcl.InitialPos); fmt.Println("parse",p,"lex",time.Since(st),len(src))}
}
